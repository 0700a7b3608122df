/** Turns a file that has passed all checks into the configuration: fills in defaults, makes one target per cluster. */
import type { AtlasSettings } from '../atlas/atlas.ts';
import type { PollingSettings } from '../collectors/collector.ts';
import type { Config, CredentialConfig } from './config.ts';
import type { KindAndSecrets } from './credentials.ts';
import {
  ALL_CLUSTERS,
  type ConfigFile,
  DEFAULT_BASE_URL,
  DEFAULT_DISCOVERY_INTERVAL_SECONDS,
  DEFAULT_IDLE_INTERVAL_SECONDS,
} from './schema.ts';

export interface ConfigParts {
  readonly file: ConfigFile;
  readonly credentials: readonly CredentialConfig[];
  /** Used if the file has no `base_url`. */
  readonly baseUrl?: string | undefined;
}

export function buildConfig({ file, credentials, baseUrl }: ConfigParts): Config {
  return {
    atlas: buildAtlas(file, baseUrl),
    credentials,
    polling: buildPolling(file),
    ...buildTargets(file, credentials[0]?.name ?? ''),
  };
}

/** @param checked of the same credentials, in the same order */
export function buildCredentials(
  { credentials = [] }: ConfigFile,
  checked: readonly KindAndSecrets[],
): readonly CredentialConfig[] {
  return checked.flatMap((kindAndSecrets, index) => {
    const credential = credentials[index];
    if (credential === undefined) return [];
    const { name, expires_at: expiresAtSeconds } = credential;
    return { name, ...kindAndSecrets, ...(expiresAtSeconds === undefined ? {} : { expiresAtSeconds }) };
  });
}

function buildAtlas({ atlas }: ConfigFile, baseUrl: string | undefined): AtlasSettings {
  return {
    baseUrl: atlas.base_url ?? baseUrl ?? DEFAULT_BASE_URL,
    requestTimeoutSeconds: atlas.request_timeout,
    pageSize: atlas.page_size,
    maxPages: atlas.max_pages,
    requestsPerMinute: atlas.requests_per_minute,
    concurrency: atlas.concurrency,
  };
}

function buildPolling({ polling }: ConfigFile): PollingSettings {
  const intervalSeconds = polling.interval;
  const idleIntervalSeconds = polling.idle_interval ?? Math.max(intervalSeconds, DEFAULT_IDLE_INTERVAL_SECONDS);
  return {
    intervalSeconds,
    idleIntervalSeconds,
    maxStaleSeconds: polling.max_stale ?? 3 * idleIntervalSeconds,
    maxActiveJobs: polling.max_active_jobs,
    isRead: Object.fromEntries(
      Object.entries(polling).flatMap(([key, value]) =>
        key.startsWith('read_') && typeof value === 'boolean' ? [[key.slice('read_'.length), value]] : [],
      ),
    ),
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
    discoveries: entries.flatMap(({ target: { clusters, exclude = [], discovery_interval }, settings }) => {
      if (clusters !== ALL_CLUSTERS) return [];
      const discoveryIntervalSeconds = discovery_interval ?? DEFAULT_DISCOVERY_INTERVAL_SECONDS;
      return { ...settings, exclude, discoveryIntervalSeconds };
    }),
  };
}
