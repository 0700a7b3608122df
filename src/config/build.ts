/** From what has passed all checks to the configuration in force: defaults filled in, one target per pair. Nothing fails here. */
import type { AtlasConfig, Config, CredentialConfig, PollingConfig, TargetConfig } from './config.ts';
import { type ConfigFile, DEFAULT_BASE_URL, DEFAULT_IDLE_INTERVAL_SECONDS } from './schema.ts';

export interface Parts {
  readonly file: ConfigFile;
  readonly credentials: readonly CredentialConfig[];
  /** Counts where the file says nothing. */
  readonly baseUrl?: string | undefined;
}

export function buildConfig({ file, credentials, baseUrl }: Parts): Config {
  return {
    atlas: buildAtlas(file, baseUrl),
    credentials,
    polling: buildPolling(file),
    targets: file.targets.flatMap((target) => buildTargets(target, file.defaults, credentials[0]?.name ?? '')),
  };
}

function buildAtlas({ atlas }: ConfigFile, baseUrl: string | undefined): AtlasConfig {
  return {
    baseUrl: atlas.base_url ?? baseUrl ?? DEFAULT_BASE_URL,
    requestTimeoutSeconds: atlas.request_timeout,
    pageSize: atlas.page_size,
    maxPages: atlas.max_pages,
    requestsPerMinute: atlas.requests_per_minute,
    concurrency: atlas.concurrency,
  };
}

function buildPolling({ polling }: ConfigFile): PollingConfig {
  const intervalSeconds = polling.interval;
  const idleIntervalSeconds = polling.idle_interval ?? Math.max(intervalSeconds, DEFAULT_IDLE_INTERVAL_SECONDS);
  return {
    intervalSeconds,
    idleIntervalSeconds,
    // The idle interval is the longer of the two.
    maxStaleSeconds: polling.max_stale ?? 3 * idleIntervalSeconds,
    maxActiveJobs: polling.max_active_jobs,
  };
}

function buildTargets(
  target: ConfigFile['targets'][number],
  defaults: ConfigFile['defaults'],
  onlyCredential: string,
): readonly TargetConfig[] {
  const successMaxAgeSeconds = target.success_max_age ?? defaults.success_max_age;
  const durationMaxSeconds = target.duration_max ?? defaults.duration_max;
  return target.clusters.map((clusterName) => ({
    groupId: target.group_id,
    clusterName,
    credential: target.credential ?? onlyCredential,
    ...(successMaxAgeSeconds === undefined ? {} : { successMaxAgeSeconds }),
    ...(durationMaxSeconds === undefined ? {} : { durationMaxSeconds }),
  }));
}
