/** The metric families of polling the list of export jobs: whether it works, and how fresh the data is. */
import { REASONS } from '../../atlas/error.ts';
import { type Family, PREFIX, type Sample } from '../collector.ts';
import { gauge, labelledGauge } from '../families.ts';
import { exportsOf } from './summary.ts';

export const recordFamilies: readonly Family[] = [
  labelledGauge(
    'poll_failing',
    '1, with the reason, while the latest poll has failed; absent while it has not.',
    ['reason'],
    (state) => {
      const failure = exportsOf(state).last?.failure;
      return failure ? [{ labels: { reason: failure.reason }, value: 1 }] : [];
    },
  ),
  gauge(
    'poll_interval_seconds',
    'Poll interval in force: the shorter one while an export job is active.',
    (state) => exportsOf(state).intervalSeconds,
  ),
  gauge(
    'last_poll_timestamp_seconds',
    'Unix time at which the latest poll ended.',
    (state) => exportsOf(state).last?.endedAtSeconds,
  ),
  gauge(
    'last_poll_success_timestamp_seconds',
    'Unix time at which the latest good poll ended.',
    (state) => exportsOf(state).goodAtSeconds,
  ),
  gauge(
    'last_poll_duration_seconds',
    'Duration of the latest poll, including the wait for the API budget.',
    (state) => exportsOf(state).last?.durationSeconds,
  ),
  gauge('last_poll_pages', 'Pages read by the latest good poll.', (state) => exportsOf(state).read?.pages),
  gauge(
    'last_poll_jobs',
    'Distinct export jobs read by the latest good poll.',
    (state) => exportsOf(state).read?.items,
  ),
  gauge(
    'last_poll_reported_jobs',
    'Total of export jobs that Atlas gave in the latest good poll; Atlas calls it an estimate.',
    (state) => exportsOf(state).read?.reportedItems,
  ),
  {
    name: `${PREFIX}polls_total`,
    help: 'Polls that have ended.',
    type: 'counter',
    labels: [],
    samples: (state) => [{ value: exportsOf(state).polls }],
  },
  {
    name: `${PREFIX}poll_failures_total`,
    help: 'Polls that have failed, by reason.',
    type: 'counter',
    labels: ['reason'],
    samples: (state) =>
      REASONS.map((reason): Sample => ({ labels: { reason }, value: exportsOf(state).failures[reason] })),
  },
];
