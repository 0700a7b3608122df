/**
 * The configuration as the rest of the program uses it: checked, complete, times in seconds, one target per pair of
 * project and cluster. It holds no secret, only the way to read each one, so a printed config shows none.
 */
import type { AtlasSettings } from '../atlas/atlas.ts';
import type { Credential } from '../atlas/auth/credentials.ts';
import type { PollingSettings } from '../collectors/collector.ts';
import type { DiscoveredProject, NamedTarget } from '../polling/targets.ts';
import {
  ALL_CLUSTERS,
  type ConfigFile,
  DEFAULT_BASE_URL,
  DEFAULT_DISCOVERY_INTERVAL_SECONDS,
  DEFAULT_IDLE_INTERVAL_SECONDS,
} from './schema.ts';

export interface Config {
  readonly atlas: AtlasSettings;
  readonly credentials: readonly CredentialConfig[];
  readonly polling: PollingSettings;
  readonly targets: readonly NamedTarget[];
  readonly discoveries: readonly DiscoveredProject[];
}

export type CredentialConfig = Credential & {
  /** Unix time. */
  readonly expiresAtSeconds?: number;
};

export interface ConfigParts {
  readonly file: ConfigFile;
  /** All credentials of the file, in its order, or the one from the environment. */
  readonly credentials: readonly Credential[];
  /** The address of Atlas, from the file or the environment. */
  readonly baseUrl?: string | undefined;
  readonly proxy?: AtlasSettings['proxy'];
  readonly ca?: AtlasSettings['ca'];
}

/** Fills in defaults and makes one target per cluster. */
export function buildConfig({ file, credentials, baseUrl = DEFAULT_BASE_URL, proxy, ca }: ConfigParts): Config {
  return {
    atlas: { ...buildAtlas(file, baseUrl), ...(proxy ? { proxy } : {}), ...(ca ? { ca } : {}) },
    credentials: credentials.map((credential, index) => {
      const expiresAtSeconds = file.credentials?.[index]?.expires_at;
      return expiresAtSeconds === undefined ? credential : { ...credential, expiresAtSeconds };
    }),
    polling: buildPolling(file),
    ...buildTargets(file, credentials[0]?.name ?? ''),
  };
}

function buildAtlas({ atlas }: ConfigFile, baseUrl: string): AtlasSettings {
  return {
    baseUrl,
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
