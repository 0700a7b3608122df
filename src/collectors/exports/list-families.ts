/** The metric families that count a cluster's export jobs and say how the newest ones ended. */
import { type Family, PREFIX, type Sample } from '../collector.ts';
import { maybe, oneOf } from '../samples.ts';
import { endedAtSeconds, FINISHED_STATES, JOB_STATES } from './job.ts';

export const listFamilies: readonly Family[] = [
  {
    name: `${PREFIX}jobs`,
    help: 'Export jobs that Atlas lists now, by state. Cached; refreshed every poll interval.',
    type: 'gauge',
    labels: ['state'],
    volatile: 'exports',
    samples: ({ exports: { summary } }) =>
      summary ? JOB_STATES.map((state) => ({ labels: { state }, value: summary.counts[state] })) : [],
  },
  {
    name: `${PREFIX}failed_jobs`,
    help: 'Failed export jobs that Atlas lists now, by the error code Atlas gives; the 20 most frequent codes, the rest as other. Cached; refreshed every poll interval.',
    type: 'gauge',
    labels: ['error_code'],
    volatile: 'exports',
    samples: ({ exports: { summary } }) =>
      [...(summary?.failedByCode ?? [])].map(([error_code, value]): Sample => ({ labels: { error_code }, value })),
  },
  {
    name: `${PREFIX}consecutive_failures`,
    help: 'Failed export jobs in a row, counted back from the newest finished one; cancelled jobs neither count nor end the row. Cached; refreshed every poll interval.',
    type: 'gauge',
    labels: [],
    samples: ({ exports: { summary } }) => maybe(summary?.consecutiveFailures),
  },
  {
    name: `${PREFIX}last_finished_state`,
    help: '1 for the outcome of the newest finished export job, else 0; absent if none has finished. Cached; refreshed every poll interval.',
    type: 'gauge',
    labels: ['state'],
    samples: ({ exports: { summary } }) =>
      summary?.lastFinished ? oneOf(FINISHED_STATES, summary.lastFinished.state) : [],
  },
  {
    name: `${PREFIX}last_failure_timestamp_seconds`,
    help: 'Unix time at which the newest failed export job ended (its creation where Atlas gives no end). Cached; refreshed every poll interval.',
    type: 'gauge',
    labels: [],
    samples: ({ exports: { summary } }) => maybe(summary?.lastFailure && endedAtSeconds(summary.lastFailure)),
  },
];
