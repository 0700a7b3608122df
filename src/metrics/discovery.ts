/** The metrics of discovering a project's clusters. They have the label group_id alone, so they are no families of targets. */
import { Gauge, Registry } from 'prom-client';
import { PREFIX } from '../collectors/collector.ts';

export interface DiscoveryFacts {
  readonly groupId: string;
  readonly up: boolean;
  /** Unix time. */
  readonly goodAtSeconds?: number;
}

/** A registry of these metrics alone. */
export function createDiscoveryRegistry(discoveries: () => Iterable<DiscoveryFacts>): Registry {
  const registry = new Registry();
  registerDiscoveries(registry, discoveries);
  return registry;
}

export function registerDiscoveries(registry: Registry, discoveries: () => Iterable<DiscoveryFacts>): void {
  const registers = [registry];
  new Gauge({
    name: `${PREFIX}discovery_up`,
    help: '1 if the latest discovery of the clusters of a project succeeded, else 0, also before the first success; the last known clusters stay watched.',
    labelNames: ['group_id'],
    registers,
    collect() {
      this.reset();
      for (const { groupId, up } of discoveries()) this.set({ group_id: groupId }, Number(up));
    },
  });
  new Gauge({
    name: `${PREFIX}last_discovery_success_timestamp_seconds`,
    help: 'Unix time at which the clusters of a project were last discovered.',
    labelNames: ['group_id'],
    registers,
    collect() {
      this.reset();
      for (const { groupId, goodAtSeconds } of discoveries()) {
        if (goodAtSeconds !== undefined) this.set({ group_id: groupId }, goodAtSeconds);
      }
    },
  });
}
