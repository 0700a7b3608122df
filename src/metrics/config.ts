/** The metrics of the config in force: when it was read, when its credentials end. */
import { Gauge, type Registry } from 'prom-client';

export interface ConfigFacts {
  readonly credentials: Iterable<{ readonly name: string; readonly expiresAtSeconds?: number }>;
  readonly lastReload: LastReload;
}

export interface LastReload {
  /** The first reading, at the start, counts as one. */
  readonly successful: boolean;
  /** Unix time of the last good one. */
  readonly successAtSeconds: number;
}

export function registerConfig(registry: Registry, prefix: string, config: () => ConfigFacts): void {
  const registers = [registry];
  new Gauge({
    name: `${prefix}config_last_reload_successful`,
    help: '1 if the config was good when it was last read, else 0: then an older one is still in force. The start counts.',
    registers,
    collect() {
      this.set(Number(config().lastReload.successful));
    },
  });
  new Gauge({
    name: `${prefix}config_last_reload_success_timestamp_seconds`,
    help: 'Unix time at which the config in force was read.',
    registers,
    collect() {
      this.set(config().lastReload.successAtSeconds);
    },
  });
  new Gauge({
    name: `${prefix}credential_expiry_timestamp_seconds`,
    help: 'Unix time at which a credential ends, from expires_at in the config.',
    labelNames: ['credential'],
    registers,
    collect() {
      this.reset();
      for (const { name, expiresAtSeconds } of config().credentials) {
        if (expiresAtSeconds !== undefined) this.set({ credential: name }, expiresAtSeconds);
      }
    },
  });
}
