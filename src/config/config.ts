/**
 * The configuration as the rest of the program sees it: checked, complete, times in seconds, one target per pair of project
 * and cluster. It holds no secret, only the way to read each one, so a printed config shows none.
 */
import type { Credential } from '../atlas/auth/credentials.ts';

export interface Config {
  readonly atlas: AtlasConfig;
  readonly credentials: readonly CredentialConfig[];
  readonly polling: PollingConfig;
  readonly targets: readonly TargetConfig[];
  readonly discoveries: readonly DiscoveryConfig[];
}

export interface AtlasConfig {
  /** An origin: no trailing slash. */
  readonly baseUrl: string;
  readonly requestTimeoutSeconds: number;
  readonly pageSize: number;
  readonly maxPages: number;
  readonly requestsPerMinute: number;
  readonly concurrency: number;
}

export type CredentialConfig = Credential & {
  /** Unix time. */
  readonly expiresAtSeconds?: number;
};

export interface PollingConfig {
  readonly intervalSeconds: number;
  readonly idleIntervalSeconds: number;
  readonly maxStaleSeconds: number;
  readonly maxActiveJobs: number;
  readonly readSchedule: boolean;
}

export interface TargetSettings {
  readonly groupId: string;
  /** The name of the credential. */
  readonly credential: string;
  readonly successMaxAgeSeconds?: number;
  readonly durationMaxSeconds?: number;
}

export interface TargetConfig extends TargetSettings {
  readonly clusterName: string;
}

/** A project of which all clusters are targets. Clusters that `targets` names keep their own settings. */
export interface DiscoveryConfig extends TargetSettings {
  /** Patterns of cluster names, with `*` and `?`. */
  readonly exclude: readonly string[];
  readonly discoveryIntervalSeconds: number;
}
