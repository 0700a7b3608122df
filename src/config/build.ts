/** Turns a file that has passed all checks into the configuration: fills in defaults, makes one target per cluster. */
import type { AtlasSettings } from '../atlas/atlas.ts';
import type { PollingSettings } from '../collectors/collector.ts';
import type { DiscoveredProject, NamedTarget } from '../polling/targets.ts';
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

function buildTargets({ targets, defaults }: ConfigFile, onlyCredential: string) {
  const named: NamedTarget[] = [];
  const discoveries: DiscoveredProject[] = [];
  for (const { group_id: groupId, clusters, credential = onlyCredential, ...rest } of targets) {
    const successMaxAgeSeconds = rest.success_max_age ?? defaults.success_max_age;
    const durationMaxSeconds = rest.duration_max ?? defaults.duration_max;
    const settings = {
      groupId,
      credential,
      ...(successMaxAgeSeconds === undefined ? {} : { successMaxAgeSeconds }),
      ...(durationMaxSeconds === undefined ? {} : { durationMaxSeconds }),
    };
    if (clusters === ALL_CLUSTERS) {
      const discoveryIntervalSeconds = rest.discovery_interval ?? DEFAULT_DISCOVERY_INTERVAL_SECONDS;
      discoveries.push({ ...settings, exclude: rest.exclude ?? [], discoveryIntervalSeconds });
    } else {
      named.push(...clusters.map((clusterName) => ({ ...settings, clusterName })));
    }
  }
  return { targets: named, discoveries };
}
