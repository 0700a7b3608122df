/**
 * The configuration in force, as the rest of the program sees it: checked, complete, times in seconds, one target per
 * group/cluster pair. Secrets are not in it, only the way to read them: a printed or serialized config shows none.
 */
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

export interface PollingConfig {
  readonly intervalSeconds: number;
  readonly idleIntervalSeconds: number;
  readonly maxStaleSeconds: number;
  readonly maxActiveJobs: number;
  readonly readSchedule: boolean;
}

export interface TargetConfig {
  readonly groupId: string;
  readonly clusterName: string;
  readonly credential: string;
  readonly successMaxAgeSeconds?: number;
  readonly durationMaxSeconds?: number;
}

/** A project all of whose clusters are targets, but for those that `targets` names. */
export interface DiscoveryConfig {
  readonly groupId: string;
  readonly credential: string;
  /** Globs of clusters' names. */
  readonly exclude: readonly string[];
  readonly discoveryIntervalSeconds: number;
  readonly successMaxAgeSeconds?: number;
  readonly durationMaxSeconds?: number;
}

export type CredentialConfig = { readonly name: string; readonly expiresAtSeconds?: number } & (
  | { readonly kind: 'service_account'; readonly clientId: SecretSource; readonly clientSecret: SecretSource }
  | { readonly kind: 'api_key'; readonly publicKey: SecretSource; readonly privateKey: SecretSource }
  | { readonly kind: 'access_token'; readonly accessToken: SecretSource }
);

export interface SecretSource {
  /** Where it comes from, for people; never the value. */
  readonly description: string;
  /** Its absolute path, where it is in a file. */
  readonly file?: string;
  /** Reads it anew each time, so that a rotated file needs no restart. Rejects where it can't be had. */
  readonly read: () => Promise<string>;
}
