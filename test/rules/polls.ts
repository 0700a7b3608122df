/** Each alert on the polls of clusters. */
import {
  during,
  firesAllTheTime,
  firesFor,
  firesForCluster,
  GROUP,
  old,
  onlyThese,
  query,
  quiet,
  turns,
  type Values,
  type World,
} from './world.ts';

const OTHER_GROUP = '5f1a00000000000000000002';
/** Polls fail with a reason during some minutes. */
export const failing = (reason: string, from: number, to = Infinity): Values => {
  const isFailing = during(from, to);
  return {
    up: (minute) => (isFailing(minute) ? 0 : 1),
    [`poll_failing{reason="${reason}"}`]: (minute) => (isFailing(minute) ? 1 : undefined),
    last_poll_success_timestamp_seconds: (minute) => (isFailing(minute) ? from * 60 - 60 : minute * 60 - 60),
  };
};
const unlisted = (group: string, credential: string, reason: string): Values => ({
  [`discovery_up{group_id="${group}"}`]: 0,
  [`discovery_failing{group_id="${group}",credential="${credential}",reason="${reason}"}`]: 1,
});
const fine = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name }));

export const pollWorlds: readonly World[] = [
  {
    name: 'TargetDown fires after 15 minutes of failing polls, and resolves ten minutes after they succeed',
    minutes: 48,
    step: 4,
    clusters: [{ name: 'orders', metrics: failing('timeout', 8, 28) }, ...fine],
    checks: [
      ...quiet('TargetDown', 20),
      firesForCluster('TargetDown', 24, {
        severity: 'warning',
        summary: 'polls of its backup exports fail',
        description:
          'Polls of the exports of cluster orders (project 5f1a00000000000000000001) fail: timeout. The last successful poll was 17m 0s ago. The status page shows the error and the advice for it.',
      }),
      firesAllTheTime('TargetDown', 24, 36),
      ...quiet('TargetDown', 40),
      onlyThese(48, 'TargetDown'),
    ],
  },
  {
    name: 'DataStale fires when polls neither succeed nor fail for three intervals, and resolves with the next success',
    minutes: 48,
    step: 4,
    clusters: [{ name: 'orders', metrics: { last_poll_success_timestamp_seconds: turns(60, 44, old(60)) } }, ...fine],
    checks: [
      ...quiet('DataStale', 28),
      firesForCluster('DataStale', 32, {
        severity: 'warning',
        summary: 'the data about its backup exports is 31m 0s old',
        description:
          'The last successful poll of cluster orders (project 5f1a00000000000000000001) was 31m 0s ago. The poll interval is 5m 0s. Polls do not fail, but take too long or do not start. Until polls succeed again, alerts on running exports can’t fire. The alert for overdue exports uses the last known data.',
      }),
      ...quiet('DataStale', 44),
      onlyThese(48, 'DataStale'),
    ],
  },
  {
    name: 'DataStale waits at least two minutes, and does not fire before a short interval has passed three times',
    minutes: 20,
    step: 4,
    clusters: [
      { name: 'quick', metrics: { poll_interval_seconds: 10, last_poll_success_timestamp_seconds: old(120) } },
      { name: 'slow', metrics: { poll_interval_seconds: 10, last_poll_success_timestamp_seconds: old(121) } },
    ],
    checks: [onlyThese(20, 'DataStale')],
  },
  {
    name: 'DataStale fires if no poll ends after a restart',
    minutes: 40,
    step: 4,
    clusters: [{ name: 'orders', unread: during(8), metrics: { up: turns(1, 8, undefined) } }, ...fine],
    checks: [...quiet('DataStale', 28), onlyThese(40, 'DataStale')],
  },
  {
    name: 'a credential that works nowhere is one AccessDenied, and nothing else fires for its clusters',
    minutes: 80,
    step: 4,
    exporters: [{ metrics: { [`discovery_up{group_id="${GROUP}"}`]: turns(1, 8, 0) } }],
    clusters: [
      ...['orders', 'users'].map((name) => ({ name, credential: 'shop', metrics: failing('unauthorized', 8, 60) })),
      { name: 'far', group: OTHER_GROUP, credential: 'shop', metrics: failing('unauthorized', 8, 60) },
      ...fine,
    ],
    checks: [
      ...quiet('AccessDenied', 20),
      firesFor('AccessDenied', 24, {
        severity: 'warning',
        labels: { credential: 'shop' },
        summary: 'Atlas denies the credential shop access to 3 clusters',
        description:
          'Atlas refuses polls with the credential shop. It works for no cluster. Check that it was not revoked, has not expired and may be used from the exporter’s address. The status page shows the error and the advice for it. 3 clusters are not read. Alerts on overdue exports use the last known data.',
      }),
      firesAllTheTime('AccessDenied', 24, 68),
      ...quiet('AccessDenied', 72),
      onlyThese(80, 'AccessDenied'),
    ],
  },
  {
    name: 'a credential that works elsewhere is one AccessDenied for the project, also after its exporter died',
    minutes: 80,
    step: 4,
    exporters: [{ down: during(44) }, { job: 'other' }],
    clusters: [
      { name: 'near', job: 'other', credential: 'other' },
      { name: 'orders', metrics: failing('forbidden', 8) },
      { name: 'slow', metrics: failing('timeout', 8) },
      { name: 'stale', metrics: { last_poll_success_timestamp_seconds: 60 } },
      { name: 'far', group: OTHER_GROUP },
    ],
    checks: [
      firesFor('AccessDenied', 40, {
        severity: 'warning',
        labels: { credential: 'main', group_id: GROUP },
        summary: 'Atlas denies the credential main access to 1 cluster of project Shop',
        description:
          'Atlas refuses polls with the credential main in project 5f1a00000000000000000001. Elsewhere it works. Usually it lacks a role in this project. The status page shows the error and the advice for it. 1 cluster is not read. Alerts on overdue exports use the last known data.',
      }),
      firesAllTheTime('AccessDenied', 24, 80, `group_id="${GROUP}"`),
      onlyThese(80, 'AccessDenied', 'TargetDown', 'DataStale', 'AtlasBackupExporterDown'),
    ],
  },
  {
    name: 'a credential is revoked, and a restart loses all discovered clusters: one AccessDenied, and the pages stay',
    minutes: 120,
    step: 4,
    exporters: [
      {
        down: during(40, 44),
        metrics: Object.fromEntries(
          [GROUP, OTHER_GROUP, 'empty'].flatMap((group) => [
            [`discovery_up{group_id="${group}"}`, turns(1, 36, turns(0, 100, 1))],
            [
              `discovery_failing{group_id="${group}",credential="main",reason="unauthorized"}`,
              turns(undefined, 36, turns(1, 100, undefined)),
            ],
          ]),
        ),
      },
    ],
    clusters: [
      { name: 'orders', metrics: { destination_last_success_timestamp_seconds: -30 * 3600 } },
      { name: 'far', group: OTHER_GROUP },
    ].map((cluster) => ({ ...cluster, absent: during(40, 100) })),
    checks: [
      firesFor('AccessDenied', 88, {
        severity: 'warning',
        labels: { credential: 'main' },
        summary: 'Atlas denies the credential main access to 2 clusters',
        description:
          'Atlas refuses polls with the credential main. It works for no cluster. Check that it was not revoked, has not expired and may be used from the exporter’s address. The status page shows the error and the advice for it. 2 clusters are not read. Alerts on overdue exports use the last known data.',
      }),
      firesAllTheTime('Overdue', 16, 120),
      ...quiet('AccessDenied', 120),
      onlyThese(120, 'AccessDenied', 'Overdue'),
    ],
  },
  {
    name: 'a pod with a wrong credential takes over from one with a right credential: it works nowhere now',
    minutes: 60,
    step: 4,
    exporters: [
      { down: during(20) },
      ...['b', 'copy'].map((instance) => ({
        instance,
        down: during(0, 20),
        metrics: {
          [`discovery_up{group_id="${GROUP}"}`]: 0,
          [`discovery_failing{group_id="${GROUP}",credential="main",reason="unauthorized"}`]: 1,
        },
      })),
    ],
    clusters: fine,
    checks: [firesAllTheTime('AccessDenied', 36, 60, 'group_id=""'), onlyThese(60, 'AccessDenied')],
  },
  {
    name: 'RateLimited fires once for a project, and nothing else does for its clusters',
    minutes: 52,
    step: 4,
    exporters: [
      {
        metrics: {
          [`api_rate_limit_requests{group_id="${GROUP}",budget="cloud_backups"}`]: 100,
          [`api_rate_limit_remaining_requests{group_id="${GROUP}",budget="cloud_backups"}`]: 5,
        },
      },
    ],
    clusters: [
      ...['orders', 'users'].map((name) => ({ name, metrics: failing('rate_limited', 8, 32) })),
      { name: 'slow', metrics: failing('timeout', 8, 32) },
    ],
    checks: [
      ...quiet('RateLimited', 20),
      firesFor('RateLimited', 24, {
        severity: 'warning',
        labels: { group_id: GROUP },
        summary: 'Project Shop: its API quota is used up',
        description:
          'Polls of 2 clusters of project 5f1a00000000000000000001 fail because the API quota of the project is used up. All clients of the project share this quota. Used share at the latest report of Atlas: 95%. Find the client that sends most requests, or raise the exporter’s poll intervals.',
      }),
      firesAllTheTime('RateLimited', 24, 40),
      ...quiet('RateLimited', 44),
      query(24, 'ALERTS{alertname="AtlasBackupExportTargetDown",cluster_name!="slow"}'),
      onlyThese(52, 'RateLimited', 'TargetDown'),
    ],
  },
  {
    name: 'DiscoveryFailing fires after 30 minutes for the project, and resolves ten minutes after a success',
    minutes: 72,
    step: 4,
    exporters: [
      {
        metrics: {
          [`discovery_up{group_id="${GROUP}"}`]: turns(1, 8, turns(0, 52, 1)),
          [`discovery_up{group_id="${OTHER_GROUP}"}`]: 1,
          [`last_discovery_success_timestamp_seconds{group_id="${GROUP}"}`]: 240,
        },
      },
    ],
    clusters: fine,
    checks: [
      ...quiet('DiscoveryFailing', 36),
      firesFor('DiscoveryFailing', 40, {
        severity: 'warning',
        labels: { group_id: GROUP },
        summary: 'Project Shop: its clusters cannot be listed',
        description:
          'The exporter cannot list the clusters of project 5f1a00000000000000000001. It last succeeded 36m 0s ago. Known clusters stay monitored. New ones are not monitored. The status page shows the error and the advice for it.',
      }),
      firesAllTheTime('DiscoveryFailing', 40, 60),
      ...quiet('DiscoveryFailing', 64),
      onlyThese(72, 'DiscoveryFailing'),
    ],
  },
  {
    name: 'DiscoveryFailing fires for a credential whose projects cannot be listed',
    minutes: 60,
    step: 4,
    exporters: [
      {
        metrics: {
          'projects_discovery_up{credential="main"}': turns(1, 8, 0),
          'projects_discovery_up{credential="other"}': 1,
          'last_projects_discovery_success_timestamp_seconds{credential="main"}': 240,
        },
      },
    ],
    clusters: fine,
    checks: [
      ...quiet('DiscoveryFailing', 36),
      firesFor('DiscoveryFailing', 40, {
        severity: 'warning',
        labels: { credential: 'main' },
        summary: 'Credential main: its projects cannot be listed',
        description:
          'The exporter cannot list the projects that the credential main can see. It last succeeded 36m 0s ago. Known clusters stay monitored. New ones are not monitored. The status page shows the error and the advice for it.',
      }),
      onlyThese(60, 'DiscoveryFailing'),
    ],
  },
  {
    name: 'after a restart with a revoked credential only the clusters count as denied that no other installation reads',
    minutes: 40,
    step: 4,
    exporters: [
      {
        metrics: {
          [`discovery_up{group_id="${GROUP}"}`]: turns(1, 20, 0),
          [`discovery_failing{group_id="${GROUP}",credential="main",reason="forbidden"}`]: turns(undefined, 20, 1),
        },
      },
      { job: 'other' },
    ],
    clusters: [
      { name: 'orders', absent: during(20) },
      { name: 'users', absent: during(20) },
      { name: 'users', job: 'other', credential: 'other' },
    ],
    checks: [
      query(40, 'group by (cluster_name) (cluster_credential:mongodbatlas_backup_export_access_denied:max)', [
        '{cluster_name="orders"}',
        1,
      ]),
    ],
  },
  {
    name: 'DiscoveryFailing is told where no other alert tells the cause, and where no other exporter lists the same',
    minutes: 60,
    step: 4,
    exporters: [
      {
        metrics: {
          ...unlisted('limited', 'main', 'rate_limited'),
          ...unlisted('one', 'main', 'unauthorized'),
          ...unlisted('two', 'old', 'forbidden'),
          ...unlisted('three', 'part', 'forbidden'),
          ...unlisted('four', 'old', 'timeout'),
          'discovery_up{group_id="five"}': 0,
          'projects_discovery_up{credential="old"}': 0,
          'projects_discovery_up{credential="main"}': 0,
          'projects_discovery_up{credential="both"}': 0,
        },
      },
      {
        instance: 'b',
        metrics: { 'discovery_up{group_id="five"}': 1, 'projects_discovery_up{credential="both"}': 1 },
      },
      {
        job: 'blind',
        metrics: {
          atlas_reachable: 0,
          'discovery_up{group_id="six"}': 0,
          'projects_discovery_up{credential="far"}': 0,
        },
      },
    ],
    clusters: [
      ...fine,
      { name: 'busy', group: 'limited', metrics: failing('rate_limited', 0) },
      { name: 'refused', group: 'o', credential: 'old', metrics: failing('forbidden', 0) },
      { name: 'partly', group: 'p', credential: 'part', metrics: failing('forbidden', 0) },
      { name: 'granted', group: 'q', credential: 'part' },
      { name: 'unread', group: 'six', job: 'blind', metrics: failing('network', 0) },
    ],
    checks: [
      query(
        60,
        'group by (group_id, credential) (ALERTS{alertname="AtlasBackupExportDiscoveryFailing"})',
        ['{group_id="one"}', 1],
        ['{group_id="three"}', 1],
        ['{group_id="four"}', 1],
        ['{credential="main"}', 1],
      ),
    ],
  },
];
