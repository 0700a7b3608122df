/** The metric families of a target itself: its limits, whether it is paused, and what it is joined by. */
import type { Family } from './collector.ts';
import { gauge, labelledGauge } from './families.ts';
import { successMaxAgeSeconds } from './schedule.ts';

export const targetFamilies: readonly Family[] = [
  gauge(
    'success_max_age_seconds',
    'Maximum age of the last success: from the config, or else from the frequency of the backup schedule (daily 26 h, weekly 8 d, monthly 32 d, yearly 367 d); absent if neither is known.',
    successMaxAgeSeconds,
  ),
  gauge(
    'duration_max_seconds',
    'Maximum duration of an export job, from the config; absent if not set.',
    ({ target }) => target.durationMaxSeconds,
  ),
  gauge(
    'cluster_paused',
    '1 while Atlas says that the cluster is paused, else 0; absent where the clusters of its project are not discovered.',
    ({ target }) => (target.paused === undefined ? undefined : Number(target.paused)),
  ),
  labelledGauge(
    'target_info',
    'A watched cluster, for joins; always 1. cl_name is the label of the Prometheus integration of Atlas.',
    ['credential', 'project_name', 'cl_name'],
    ({ target: { credential, projectName: project_name, clusterName: cl_name } }) => [
      { labels: { credential, project_name, cl_name }, value: 1 },
    ],
  ),
];
