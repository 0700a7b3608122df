/**
 * The list of collectors, and all metric families in the order of /metrics. A new resource needs a file or folder of
 * its own and one line here.
 */
import { type Collector, type Collectors, type Family, recordOf } from './collector.ts';
import { exportsCollector } from './exports/collector.ts';
import { gauge, labelledGauge } from './families.ts';
import { scheduleCollector, successMaxAgeSeconds } from './schedule.ts';
import { snapshotsCollector } from './snapshots/collector.ts';

export const COLLECTORS: Collectors = [exportsCollector, scheduleCollector, snapshotsCollector];

/** The families about a target itself: its limits, whether it is paused, and names for joins in PromQL. */
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
    'A watched cluster, for joins; always 1. cl_name is the cluster name, labelled as in the Prometheus integration of Atlas. owner is from the config.',
    ['credential', 'project_name', 'cl_name', 'owner'],
    ({ target: { credential, projectName: project_name, clusterName: cl_name, owner = '' } }) => [
      { labels: { credential, project_name, cl_name, owner }, value: 1 },
    ],
  ),
];

export function familiesOf(collectors: Collectors): readonly Family[] {
  return [...recordFamiliesOf(collectors), ...targetFamilies, ...collectors.flatMap(({ families }) => families)];
}

export function recordFamiliesOf(collectors: Collectors): readonly Family[] {
  return collectors.flatMap((collector) => [upFamily(collector), ...(collector.recordFamilies ?? [])]);
}

function upFamily({ name, upMetric, words }: Collector<unknown>): Family {
  const of = recordOf<unknown>(name);
  return {
    name: upMetric,
    help: `1 if the latest poll read the complete ${words.resource}, else 0; absent before the first poll has ended.`,
    type: 'gauge',
    labels: [],
    samples(state) {
      const { last } = of(state);
      return [{ value: last && Number(last.failure === undefined) }];
    },
  };
}
