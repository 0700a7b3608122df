/** The checks of the soak: the expected job metrics, made from the simulator's lists without the exporter's code; rates; medians. */

const STATES = {
  Queued: 'queued',
  InProgress: 'in_progress',
  Successful: 'successful',
  Failed: 'failed',
  Cancelled: 'cancelled',
};
const PREFIX = 'mongodbatlas_backup_export_';

const seconds = (iso) => Date.parse(iso) / 1000;
const endOf = (job) => seconds(job.finishedAt ?? job.createdAt);

/** The expected series of one cluster, by name and labels. The list is newest first. */
export function truthOf(jobs) {
  const counts = Object.fromEntries([...Object.values(STATES), 'unknown'].map((state) => [`jobs,${state}`, 0]));
  const truth = { ...counts, last_poll_jobs: jobs.length };
  for (const job of jobs) truth[`jobs,${STATES[job.state] ?? 'unknown'}`] += 1;
  for (const { stateReason } of jobs.filter(({ state }) => state === 'Failed')) {
    const key = `failed_jobs,${stateReason.errorCode}`;
    truth[key] = (truth[key] ?? 0) + 1;
  }
  const finished = jobs.filter(({ state }) => ['Successful', 'Failed'].includes(state));
  const success = finished.findIndex(({ state }) => state === 'Successful');
  truth.consecutive_failures = success < 0 ? finished.length : success;
  if (success >= 0) truth.last_success_timestamp_seconds = endOf(finished[success]);
  const failure = finished.find(({ state }) => state === 'Failed');
  if (failure) truth.last_failure_timestamp_seconds = endOf(failure);
  for (const { id, snapshotId, exportBucketId, finishedAt, state } of jobs) {
    const isOver = ['Successful', 'Failed', 'Cancelled'].includes(state) || finishedAt !== undefined;
    if (!isOver) truth[`active_job_info,${id},${snapshotId},${exportBucketId}`] = 1;
  }
  return truth;
}

/** The same series as /metrics shows them. */
export function shownOf(page, { groupId, clusterName }) {
  const target = `group_id="${groupId}",cluster_name="${clusterName}"`;
  const shown = {};
  for (const line of page.split('\n')) {
    const [, name, labels = '', value] = /^mongodbatlas_backup_export_(\w+)\{(.*)\} (\S+)$/.exec(line) ?? [];
    if (name === undefined || !labels.startsWith(target)) continue;
    if (
      !/^(jobs|failed_jobs|consecutive_failures|last_(success|failure)_timestamp_seconds|active_job_info|last_poll_jobs)$/.test(
        name,
      )
    )
      continue;
    const own = [...labels.slice(target.length).matchAll(/\w+="([^"]*)"/g)].map(([, text]) => text);
    shown[[name, ...own].join(',')] = Number(value);
  }
  return shown;
}

export function differences(truth, shown) {
  const keys = new Set([...Object.keys(truth), ...Object.keys(shown)]);
  return [...keys]
    .filter((key) => truth[key] !== shown[key])
    .map((key) => `${key}: ${shown[key]}, truth ${truth[key]}`);
}

/**
 * The lines of these targets that depend only on the lists of export jobs, so a restart must not change them. Schedules and
 * snapshots are read once an hour, and a restart reads them again.
 */
export function jobLines(page, targets) {
  const ofOthers = /poll|_up\{|_info\{[^}]*cl_name|auto_export|max_age|cluster_paused|_destination_|_snapshot/;
  const labels = targets.map(({ groupId, clusterName }) => `{group_id="${groupId}",cluster_name="${clusterName}"`);
  return page
    .split('\n')
    .filter((line) => line.startsWith(PREFIX) && !ofOthers.test(line) && labels.some((one) => line.includes(one)));
}

/** The largest number of requests above `ratePerSecond` in any interval. A token bucket allows up to its capacity. */
export function worstWindow(timesSeconds, ratePerSecond) {
  let lowest = Number.POSITIVE_INFINITY;
  let worst = 0;
  for (const [index, at] of timesSeconds.entries()) {
    const level = index - ratePerSecond * at;
    lowest = Math.min(lowest, level);
    worst = Math.max(worst, level - lowest + 1);
  }
  return worst;
}

export function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
