/**
 * The metrics of discovering clusters and projects. They have no label cluster_name, so they are not families of targets.
 */
import { Gauge, Registry } from 'prom-client';
import { PREFIX, type Sample } from '../collectors/collector.ts';
import type { ListingStatus } from '../polling/organizations.ts';
import type { DiscoveryStatus } from '../polling/projects.ts';

type Discovery = Pick<DiscoveryStatus, 'groupId' | 'credential' | 'up' | 'failure' | 'goodAtSeconds'>;
type Listing = Pick<ListingStatus, 'credential' | 'up' | 'goodAtSeconds'>;

export interface Discoveries {
  discoveries(): readonly Discovery[];
  listings(): readonly Listing[];
}

export function registerDiscoveries({ discoveries, listings }: Discoveries, registry = new Registry()): Registry {
  registerCollected(
    registry,
    `${PREFIX}discovery_up`,
    '1 if the latest discovery of the clusters of a project succeeded, else 0, also before the first success; the last known clusters stay watched.',
    ['group_id'],
    () => discoveries().map(({ groupId: group_id, up }) => ({ labels: { group_id }, value: Number(up) })),
  );
  registerCollected(
    registry,
    `${PREFIX}discovery_failing`,
    '1, with the reason, if the latest discovery of the clusters of a project failed; absent if it succeeded.',
    ['group_id', 'credential', 'reason'],
    () =>
      discoveries().flatMap(({ groupId: group_id, credential = '', failure }) =>
        failure ? [{ labels: { group_id, credential, reason: failure.reason }, value: 1 }] : [],
      ),
  );
  registerCollected(
    registry,
    `${PREFIX}last_discovery_success_timestamp_seconds`,
    'Unix time at which the clusters of a project were last discovered.',
    ['group_id'],
    () => discoveries().map(({ groupId: group_id, goodAtSeconds: value }) => ({ labels: { group_id }, value })),
  );
  registerCollected(
    registry,
    `${PREFIX}projects_discovery_up`,
    '1 if the latest discovery of the projects that a credential can see succeeded, else 0, also before the first success; the last known projects stay watched.',
    ['credential'],
    () => listings().map(({ credential, up }) => ({ labels: { credential }, value: Number(up) })),
  );
  registerCollected(
    registry,
    `${PREFIX}last_projects_discovery_success_timestamp_seconds`,
    'Unix time at which the projects that a credential can see were last discovered.',
    ['credential'],
    () => listings().map(({ credential, goodAtSeconds: value }) => ({ labels: { credential }, value })),
  );
  return registry;
}

/** A gauge whose samples are computed when the page is rendered. */
export function registerCollected(
  registry: Registry,
  name: string,
  help: string,
  labelNames: string[],
  samples: () => readonly Sample[],
): void {
  new Gauge({
    name,
    help,
    labelNames,
    registers: [registry],
    collect() {
      // prom-client resets a gauge without labels to 0, not to nothing.
      if (labelNames.length === 0) this.remove();
      else this.reset();
      for (const { labels = {}, value } of samples()) if (value !== undefined) this.set(labels, value);
    },
  });
}
