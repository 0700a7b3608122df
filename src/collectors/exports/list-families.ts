/** The metric families that count a cluster's export jobs and show how the newest ones ended. */
import type { Family, Sample } from '../collector.ts';
import { gauge, labelledGauge, oneOf, volatile } from '../families.ts';
import { endedAtSeconds, FINISHED_STATES, JOB_STATES } from './job.ts';
import { exportsOf } from './summary.ts';

export const listFamilies: readonly Family[] = [
  ...volatile(exportsOf, [
    labelledGauge('jobs', 'Export jobs that Atlas lists now, by state.', ['state'], (state) => {
      const { summary } = exportsOf(state);
      return summary ? JOB_STATES.map((one) => ({ labels: { state: one }, value: summary.counts[one] })) : [];
    }),
    labelledGauge(
      'failed_jobs',
      'Failed export jobs that Atlas lists now, by the error code that Atlas gives; the 20 most frequent codes, the rest as other.',
      ['error_code'],
      (state) =>
        [...(exportsOf(state).summary?.failedByCode ?? [])].map(
          ([error_code, value]): Sample => ({ labels: { error_code }, value }),
        ),
    ),
  ]),
  gauge(
    'consecutive_failures',
    'Failed export jobs in a row, counted back from the newest finished one; cancelled jobs neither count nor end the row.',
    (state) => exportsOf(state).summary?.consecutiveFailures,
  ),
  labelledGauge(
    'last_finished_state',
    '1 for the outcome of the newest finished export job, else 0; absent if none has finished.',
    ['state'],
    (state) => {
      const finished = exportsOf(state).summary?.lastFinished;
      return finished ? oneOf(FINISHED_STATES, finished.state) : [];
    },
  ),
  gauge(
    'last_failure_timestamp_seconds',
    'Unix time at which the newest failed export job ended; its creation where Atlas gives no end.',
    (state) => {
      const failure = exportsOf(state).summary?.lastFailure;
      return failure && endedAtSeconds(failure);
    },
  ),
];
