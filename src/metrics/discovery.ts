/**
 * The metrics of discovering a project's clusters. Their only label is group_id, so they are not families of targets.
 */
import { Gauge, Registry } from 'prom-client';
import { PREFIX, type Sample } from '../collectors/collector.ts';

export interface DiscoveryFacts {
  readonly groupId: string;
  readonly up: boolean;
  /** Unix time. */
  readonly goodAtSeconds?: number;
}

/** A registry that contains only these metrics. */
export function createDiscoveryRegistry(discoveries: () => Iterable<DiscoveryFacts>): Registry {
  const registry = new Registry();
  registerDiscoveries(registry, discoveries);
  return registry;
}

export function registerDiscoveries(registry: Registry, discoveries: () => Iterable<DiscoveryFacts>): void {
  registerCollected(
    registry,
    `${PREFIX}discovery_up`,
    '1 if the latest discovery of the clusters of a project succeeded, else 0, also before the first success; the last known clusters stay watched.',
    ['group_id'],
    () => Array.from(discoveries(), ({ groupId: group_id, up }) => ({ labels: { group_id }, value: Number(up) })),
  );
  registerCollected(
    registry,
    `${PREFIX}last_discovery_success_timestamp_seconds`,
    'Unix time at which the clusters of a project were last discovered.',
    ['group_id'],
    () => Array.from(discoveries(), ({ groupId: group_id, goodAtSeconds: value }) => ({ labels: { group_id }, value })),
  );
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
