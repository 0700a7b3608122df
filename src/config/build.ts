/** From what has passed all checks to the configuration in force: defaults filled in, one target per pair. Nothing fails here. */
import type { AtlasConfig, Config, CredentialConfig, PollingConfig } from './config.ts';
import {
  ALL_CLUSTERS,
  type ConfigFile,
  DEFAULT_BASE_URL,
  DEFAULT_DISCOVERY_INTERVAL_SECONDS,
  DEFAULT_IDLE_INTERVAL_SECONDS,
} from './schema.ts';

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
    ...buildTargets(file, credentials[0]?.name ?? ''),
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
    readSchedule: polling.read_schedule,
  };
}

function buildTargets(
  { targets, defaults }: ConfigFile,
  onlyCredential: string,
): Pick<Config, 'targets' | 'discoveries'> {
  const entries = targets.map((target) => {
    const successMaxAgeSeconds = target.success_max_age ?? defaults.success_max_age;
    const durationMaxSeconds = target.duration_max ?? defaults.duration_max;
    const settings = {
      groupId: target.group_id,
      credential: target.credential ?? onlyCredential,
      ...(successMaxAgeSeconds === undefined ? {} : { successMaxAgeSeconds }),
      ...(durationMaxSeconds === undefined ? {} : { durationMaxSeconds }),
    };
    return { target, settings };
  });
  return {
    targets: entries.flatMap(({ target: { clusters }, settings }) =>
      clusters === ALL_CLUSTERS ? [] : clusters.map((clusterName) => ({ ...settings, clusterName })),
    ),
    discoveries: entries.flatMap(({ target: { clusters, exclude, discovery_interval }, settings }) =>
      clusters !== ALL_CLUSTERS
        ? []
        : {
            ...settings,
            exclude: exclude ?? [],
            discoveryIntervalSeconds: discovery_interval ?? DEFAULT_DISCOVERY_INTERVAL_SECONDS,
          },
    ),
  };
}
