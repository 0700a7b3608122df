/** The metric families of watching a target: its settings, whether polling works, how fresh what is known is. */
import { REASONS } from '../atlas/error.ts';
import { type Family, PREFIX, type Sample, type TargetState } from '../collectors/collector.ts';
import { maybe } from '../collectors/samples.ts';
import { successMaxAgeSeconds } from '../collectors/schedule.ts';

export const pollingFamilies: readonly Family[] = [
  gauge(
    'up',
    '1 if the latest poll read the whole list of export jobs, else 0; absent before the first poll has ended.',
    ({ exports }) => exports.last && (exports.last.failure ? 0 : 1),
  ),
  {
    ...gauge(
      'poll_failing',
      '1, with the reason, while the latest poll has failed; absent while it has not.',
      () => undefined,
    ),
    labels: ['reason'],
    samples: ({ exports: { last } }) => (last?.failure ? [{ labels: { reason: last.failure.reason }, value: 1 }] : []),
  },
  gauge(
    'poll_interval_seconds',
    'Poll interval in force: the shorter one while an export job is active.',
    ({ exports }) => exports.intervalSeconds,
  ),
  gauge(
    'last_poll_timestamp_seconds',
    'Unix time at which the latest poll ended.',
    ({ exports }) => exports.last?.endedAtSeconds,
  ),
  gauge(
    'last_poll_success_timestamp_seconds',
    'Unix time at which the latest good poll ended.',
    ({ exports }) => exports.goodAtSeconds,
  ),
  gauge(
    'last_poll_duration_seconds',
    'Duration of the latest poll, waiting for the API budget included.',
    ({ exports }) => exports.last?.durationSeconds,
  ),
  gauge('last_poll_pages', 'Pages read by the latest good poll.', ({ exports }) => exports.read?.pages),
  gauge('last_poll_jobs', 'Distinct export jobs read by the latest good poll.', ({ exports }) => exports.read?.jobs),
  gauge(
    'last_poll_reported_jobs',
    'Export jobs that Atlas said there are, in the latest good poll: an estimate by its own words.',
    ({ exports }) => exports.read?.reportedJobs,
  ),
  {
    name: `${PREFIX}polls_total`,
    help: 'Polls that have ended.',
    type: 'counter',
    labels: [],
    samples: ({ exports }) => [{ value: exports.polls }],
  },
  {
    name: `${PREFIX}poll_failures_total`,
    help: 'Polls that have failed, by reason.',
    type: 'counter',
    labels: ['reason'],
    samples: ({ exports }) =>
      REASONS.map((reason): Sample => ({ labels: { reason }, value: exports.failures[reason] })),
  },
  gauge(
    'schedule_up',
    '1 if the latest read of the backup schedule succeeded, else 0; absent if it has not been read.',
    ({ schedule }) => schedule.last && (schedule.last.failure ? 0 : 1),
  ),
  gauge(
    'success_max_age_seconds',
    'Greatest age of the last success that is thought right: from the config, else from how often the backup schedule exports (daily 26 h, weekly 8 d, monthly 32 d, yearly 367 d); absent if neither is known.',
    successMaxAgeSeconds,
  ),
  gauge(
    'duration_max_seconds',
    'Longest duration of an export job that is thought right, from the config; absent if not set.',
    ({ target }) => target.durationMaxSeconds,
  ),
  gauge(
    'cluster_paused',
    '1 while Atlas says that the cluster is paused, else 0; absent where the clusters of its project are not discovered.',
    ({ target }) => (target.paused === undefined ? undefined : Number(target.paused)),
  ),
  {
    ...gauge(
      'target_info',
      'A watched cluster, for joins; always 1. cl_name is the label of the Prometheus integration of Atlas.',
      () => undefined,
    ),
    labels: ['credential', 'project_name', 'cl_name'],
    samples: ({ target }) => [
      {
        labels: { credential: target.credential, project_name: target.projectName, cl_name: target.clusterName },
        value: 1,
      },
    ],
  },
];

function gauge(name: string, help: string, value: (state: TargetState) => number | undefined): Family {
  return { name: PREFIX + name, help, type: 'gauge', labels: [], samples: (state) => maybe(value(state)) };
}
