/** The page of one target: everything that is known about it. */
import type { TargetState } from '../../collectors/collector.ts';
import { WORDS } from '../../collectors/conditions.ts';
import { destinationOf, scheduledBucketId } from '../../collectors/exports/destination.ts';
import { DEFAULT_DURATION_MAX_SECONDS } from '../../collectors/exports/findings.ts';
import { activeStateOf, endedAtSeconds, type Job, progressRatio } from '../../collectors/exports/job.ts';
import { exportsOf, type Outcomes } from '../../collectors/exports/summary.ts';
import { scheduleOf } from '../../collectors/schedule.ts';
import { coveredSnapshots, exportStateOf } from '../../collectors/snapshots/due.ts';
import type { Snapshot } from '../../collectors/snapshots/snapshot.ts';
import { counted, sentence, span } from '../../support/words.ts';
import { ageBar, countsInWords, icon, marks, spentSeconds, timeAxis, wordsOf } from './drawings.ts';
import { absoluteTime, clockTime, type Html, html, nothing, relativeTime } from './html.ts';
import { backupsLink, dashboardLink, type PageFacts, page, projectLink } from './layout.ts';
import { projectWords, type ReadStatus, recentJobs, type TargetStatus } from './status.ts';
import { activeJobs, finding, nextPoll } from './status-page.ts';

const RECENT_JOBS = 30;
const SNAPSHOTS = 7;

export function renderTargetPage(status: TargetStatus, facts: PageFacts): string {
  const { target } = status.state;
  const { nowSeconds, root, links } = facts;
  const { level, label } = WORDS[status.condition];
  const jobs = recentJobs(status.state, RECENT_JOBS);
  const problems = status.findings.filter(({ problem }) => problem !== undefined);
  const active = activeJobs(status, status.active.length, nowSeconds);
  const title = `${target.clusterName}: ${label.toLowerCase()}`;
  const main = html`<p class="verdict ${level} ${status.condition}" role="status">${icon(status.condition)}${title}</p>
<p class="lead">${projectLink(links, target, projectWords(target))} (ID ${target.groupId})${backupsLink(links, target)}${dashboardLink(links, target)} · <a href="${root}">All clusters</a></p>
${problems.length === 0 ? nothing : html`<div class="card findings">${problems.map((one) => finding(one, links))}</div>`}
${status.active.length === 0 ? nothing : html`<h2>Queued and running exports</h2>\n<div class="card findings">${active}</div>`}
<h2>Summary</h2>
<dl class="card facts">${summaryFacts(status, nowSeconds)}</dl>
<h2 id="recent">Recent exports</h2>
${jobs.length === 0 ? html`<p class="no">${exportsOf(status.state).summary ? 'Atlas lists no exports.' : 'There is no data yet.'}</p>` : html`<div class="card">${timeAxis(jobs, nowSeconds)}</div><br>${jobTable(jobs, nowSeconds)}`}
<h2>Limits and schedule</h2>
<dl class="card facts">${limitFacts(status)}</dl>
${status.reads.map((read) => pollRecord(read, nowSeconds))}
`;
  return page(title, main, facts);
}

function summaryFacts({ state, lastSuccessAtSeconds }: TargetStatus, nowSeconds: number): readonly Html[] {
  const { summary } = exportsOf(state);
  if (summary === undefined) return [fact('Exports', 'unknown: the list has not been read yet')];
  const { typicalDurationSeconds: typical, buckets, failedByCode } = summary;
  const { consecutiveFailures, lastSuccess } = destinationOf(state) ?? summary.outcomes;
  const collections = lastSuccess?.collections;
  const codes = Array.from(failedByCode, ([code, count]) => html`<p>${count} × ${code}</p>`);
  const scheduled = scheduledBucketId(state);
  const covered = coveredSnapshots(state)
    .slice(0, SNAPSHOTS)
    .map((one) => snapshotWords(one, state, nowSeconds));
  const byBucket = Array.from(buckets, ([id, outcomes]) => bucketWords(id, outcomes, id === scheduled, nowSeconds));
  return [
    fact('Last success', when(lastSuccessAtSeconds, nowSeconds)),
    fact('Its collections', collections ? `${collections.exported} of ${collections.total}` : 'unknown'),
    fact('Typical duration', typical === undefined ? 'unknown' : span(typical)),
    fact('Listed exports', countsInWords(summary.counts) || 'none'),
    fact('Failures since the last success', String(consecutiveFailures)),
    wideFact('Failures by error code', codes),
    wideFact('Last success by bucket', byBucket),
    wideFact('Snapshots to export', covered),
  ];
}

function snapshotWords(snapshot: Snapshot, state: TargetState, nowSeconds: number): Html {
  const became = exportStateOf(snapshot, state);
  const hasExport = became !== undefined && became !== 'none';
  const words = hasExport ? html`${marks([became])} ${wordsOf(became)}` : html`${became ? 'no export' : 'unknown'}`;
  return html`<p>${clockTime(snapshot.createdAtSeconds ?? 0, nowSeconds)}: ${words}</p>`;
}

function bucketWords(id: string, outcomes: Outcomes, isScheduled: boolean, nowSeconds: number): Html {
  const { lastSuccess, dataAtSeconds, consecutiveFailures } = outcomes;
  const at = endedAtSeconds(lastSuccess);
  const data = dataAtSeconds === undefined ? '' : `, data ${span(nowSeconds - dataAtSeconds)} old`;
  const failed = consecutiveFailures === 0 ? '' : `, then ${counted(consecutiveFailures, 'failure')}`;
  return html`<p>${id}${isScheduled ? ' (scheduled)' : ''}: ${at === undefined ? 'none listed' : relativeTime(at, nowSeconds)}${data}${failed}</p>`;
}

function limitFacts(status: TargetStatus): readonly Html[] {
  const { state, lastSuccessAgeSeconds: age, successMaxAgeSeconds: max } = status;
  const { target } = state;
  const source = target.successMaxAgeSeconds === undefined ? 'the backup schedule' : 'the config';
  const none = exportsOf(state).summary ? 'Atlas lists no success' : 'the list has not been read yet';
  const now = age === undefined ? none : `the last success is ${span(age)} old`;
  const schedule = scheduleOf(state).summary;
  const bucket = schedule?.export?.bucketId;
  const automatic = html`${schedule?.autoExportEnabled ? 'on' : 'off'}${schedule?.export ? `, ${schedule.export.frequency}` : ''}${bucket ? html`<small>to the bucket ${bucket}</small>` : nothing}`;
  const bar = ageBar(age, max, status.condition === 'overdue');
  const maxAge = max === undefined ? 'unknown' : html`${span(max)}, from ${source}<small>${now}</small>${bar}`;
  const { durationMaxSeconds: longest = DEFAULT_DURATION_MAX_SECONDS } = target;
  const longestSource = target.durationMaxSeconds === undefined ? 'the default' : 'from the config';
  return [
    fact('Maximum age of the last success', maxAge),
    fact('Maximum duration of an export', `${span(longest)}, ${longestSource}`),
    fact('Automatic export', schedule ? automatic : 'unknown: the backup schedule has not been read'),
    fact('Credential', target.credential),
    target.owner === undefined ? nothing : fact('Owner', target.owner),
    fact('Monitored because', target.discovered ? 'the discovery found it in its project' : 'the config names it'),
    target.paused === undefined ? nothing : fact('Cluster', target.paused ? 'paused' : 'not paused'),
  ];
}

function durationWords(seconds: number): string {
  return seconds < 1 ? `${Math.round(1000 * seconds)} ms` : `${seconds.toFixed(1)} s`;
}

function pollRecord({ collector: { words }, record, nextPollAtSeconds }: ReadStatus, nowSeconds: number): Html {
  const { last, goodAtSeconds, intervalSeconds, polls, failures, read } = record;
  const failed = Object.entries(failures).filter(([, count]) => count > 0);
  const sum = failed.reduce((all, [, count]) => all + count, 0);
  const reasons = failed.map(([reason, count]) => `${count} ${reason}`).join(', ');
  const what = last?.failure && `${sentence(last.failure.problem)} ${sentence(last.failure.advice)}`;
  const result = what ? html`<span class="doubt">failed</span><small>${what}</small>` : html`succeeded`;
  const took =
    last &&
    html`<small>${relativeTime(last.endedAtSeconds, nowSeconds)}, took ${durationWords(last.durationSeconds)}</small>`;
  const total = read?.reportedItems === undefined ? 'no total' : `a total of ${read.reportedItems}`;
  const items = read && `${read.items} ${read.items === 1 ? words.one : words.many} on ${counted(read.pages, 'page')}`;
  return html`<h2>Reading the ${words.resource}</h2>
<dl class="card facts">${[
    fact('Last poll', last ? html`${result}${took}` : 'not yet', what !== undefined),
    fact('Last successful poll', when(goodAtSeconds, nowSeconds)),
    fact('Next poll', nextPoll(nextPollAtSeconds, nowSeconds)),
    fact('Poll interval', span(intervalSeconds)),
    items ? fact('Read', html`${items}<small>Atlas gives ${total}</small>`) : nothing,
    fact('Since the start', html`${counted(polls, 'poll')}, ${sum} failed<small>${reasons}</small>`),
  ]}</dl>
`;
}

/** @param jobs the oldest first; the table begins with the newest */
function jobTable(jobs: readonly Job[], nowSeconds: number): Html {
  return html`<div class="card scroll" tabindex="0" role="region" aria-labelledby="recent"><table>
<thead><tr><th scope="col">Created</th><th scope="col">State</th><th scope="col">Duration, with time in the queue</th><th scope="col">Collections</th><th scope="col">Snapshot and bucket</th></tr></thead>
<tbody>${jobs.map((job) => jobRow(job, nowSeconds)).reverse()}</tbody>
</table></div>
`;
}

function jobRow(job: Job, nowSeconds: number): Html {
  const { createdAtSeconds: at, state, errorCode, foreignState } = job;
  const code = errorCode === 'none' ? undefined : errorCode;
  const details = [code, foreignState].map((text) => (text === undefined ? nothing : html`<small>${text}</small>`));
  const seconds = spentSeconds(job, nowSeconds);
  const duration = seconds === undefined ? UNKNOWN : html`${span(seconds)}${activeStateOf(job) ? ' so far' : ''}`;
  return html`<tr><th scope="row">${at === undefined ? 'unknown' : when(at, nowSeconds)}</th><td>${marks([state])} ${wordsOf(state)}${details}</td><td>${duration}</td><td>${collectionsOf(job)}</td><td><small>${job.snapshotId || 'unknown'}</small><small>${job.exportBucketId || 'unknown'}</small></td></tr>
`;
}

function collectionsOf(job: Job): Html {
  const { collections, shards, state } = job;
  if (shards > 0) return html`${counted(shards, 'shard')}`;
  if (collections === undefined) return UNKNOWN;
  const words = `${collections.exported} of ${collections.total}`;
  const isIncomplete = state === 'successful' && (progressRatio(job) ?? 1) < 1;
  return isIncomplete ? html`<b class="doubt">${words}</b>` : html`${words}`;
}

function when(atSeconds: number | undefined, nowSeconds: number): Html {
  if (atSeconds === undefined) return html`never`;
  return html`${relativeTime(atSeconds, nowSeconds)}<small>${absoluteTime(atSeconds)}</small>`;
}

const UNKNOWN = html`<span class="no">unknown</span>`;

function fact(name: string, value: string | Html | readonly Html[], isWide = false): Html {
  return html`<div${isWide ? html` class="wide"` : nothing}><dt>${name}</dt><dd>${value}</dd></div>`;
}

function wideFact(name: string, items: readonly Html[]): Html {
  return items.length > 0 ? fact(name, items, true) : nothing;
}
