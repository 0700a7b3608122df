/**
 * The configuration as the rest of the program uses it: checked and complete. It holds no secret, only the way to read
 * each one.
 */
import { basename } from 'node:path';
import { stringify } from 'yaml';
import type { AtlasSettings } from '../atlas/atlas.ts';
import type { Credential, SecretSource } from '../atlas/auth/credentials.ts';
import type { PollingSettings } from '../collectors/collector.ts';
import type { DiscoveredProject, NamedTarget, ProjectsRule, TargetSettings, Wanted } from '../polling/targets.ts';
import { given } from '../support/checked.ts';
import { overrideFor } from '../support/globs.ts';
import { formatDuration } from '../support/words.ts';
import type { PageLinks } from '../web/pages/layout.ts';
import { type ConfigFile, DEFAULT_IDLE_INTERVAL_SECONDS } from './schema.ts';
import { ALL, DEFAULT_DISCOVERY_INTERVAL_SECONDS } from './target-schema.ts';

export interface Config extends Wanted {
  readonly atlas: AtlasSettings;
  readonly credentials: readonly CredentialConfig[];
  readonly polling: PollingSettings;
  readonly webLinks: Omit<PageLinks, 'atlas'>;
}

export type CredentialConfig = Credential & { readonly expiresAtSeconds?: number };

interface ConfigParts {
  readonly file: ConfigFile;
  /** All credentials of the file, in its order, or the one from the environment. */
  readonly credentials: readonly Credential[];
  /** The address of Atlas, from the file or the environment. */
  readonly baseUrl: string;
  readonly proxy?: AtlasSettings['proxy'];
  readonly ca?: AtlasSettings['ca'];
  /** Where an entry of `targets` is in its file. */
  readonly placeOf?: (target: number) => string;
}

/** Fills in defaults and makes one target per cluster. */
export function buildConfig({ file, credentials, baseUrl, proxy, ca, placeOf = () => '' }: ConfigParts): Config {
  const { atlas } = file;
  return {
    atlas: {
      baseUrl,
      requestTimeoutSeconds: atlas.request_timeout,
      pageSize: atlas.page_size,
      maxPages: atlas.max_pages,
      requestsPerMinute: atlas.requests_per_minute,
      concurrency: atlas.concurrency,
      ...given({ proxy, ca }),
    },
    credentials: credentials.map((credential, index) => ({
      ...credential,
      ...given({ expiresAtSeconds: file.credentials?.[index]?.expires_at }),
    })),
    polling: buildPolling(file),
    ...buildTargets(file, credentials[0]?.name ?? '', placeOf),
    webLinks: file.web_links,
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

function buildTargets({ targets, defaults }: ConfigFile, onlyCredential: string, placeOf: (target: number) => string) {
  const named: NamedTarget[] = [];
  const discoveries: DiscoveredProject[] = [];
  const organizations: ProjectsRule[] = [];
  for (const [index, { group_id: groupId = '', clusters, ...entry }] of targets.entries()) {
    const credential = entry.credential ?? defaults.credential ?? onlyCredential;
    const settings = { credential, ...buildSettings({ ...defaults, ...entry }) };
    const overrides = entry.overrides?.map(({ match, ...rest }) => ({ match, ...buildSettings(rest) }));
    if (clusters !== ALL) {
      for (const clusterName of clusters) {
        named.push({ groupId, clusterName, ...settings, ...overrideFor(overrides ?? [], clusterName) });
      }
      continue;
    }
    const { include, include_projects: includeProjects, exclude_projects: excludeProjects } = entry;
    const rule = {
      ...settings,
      place: placeOf(index),
      ...given({ include }),
      exclude: [...new Set([...(defaults.exclude ?? []), ...(entry.exclude ?? [])])],
      ...given({ overrides }),
      discoveryIntervalSeconds: entry.discovery_interval ?? DEFAULT_DISCOVERY_INTERVAL_SECONDS,
    };
    if (entry.projects === undefined) discoveries.push({ groupId, ...rule });
    else organizations.push({ ...given({ includeProjects, excludeProjects }), ...rule });
  }
  return { targets: named, discoveries, organizations };
}

function buildSettings({ success_max_age, duration_max, owner }: ConfigFile['defaults']) {
  return given({ successMaxAgeSeconds: success_max_age, durationMaxSeconds: duration_max, owner });
}

const HEAD = '# The current configuration: defaults are filled in, secrets are replaced by where they come from.\n';

/**
 * The config as a config file, without reading a secret. Of files it has the names, but not the folders, because the
 * page may need no password. Its keys follow from the names in Config: `requestTimeoutSeconds: 10` is `request_timeout:
 * 10s`.
 */
export function showConfig({ atlas, credentials, polling, targets, ...config }: Config): string {
  const { proxy: _proxy, ca, ...reachable } = atlas;
  const { isRead, ...paces } = polling;
  const switches = Object.fromEntries(Object.entries(isRead).map(([name, value]) => [`read_${name}`, value]));
  const shown = {
    atlas: showSettings({ ...reachable, ...(ca ? { caFile: basename(ca.file) } : {}) }),
    credentials: credentials.map(showCredential),
    polling: { ...showSettings(paces), ...switches },
    targets: [
      ...byProjectAndSettings(targets).map(({ clusters, settings }) => showTarget(clusters, settings)),
      ...config.discoveries.map((discovery) => showTarget(ALL, discovery)),
      ...(config.organizations ?? []).map((rule) => ({ projects: ALL, ...showTarget(ALL, rule) })),
    ],
    web_links: config.webLinks,
  };
  return HEAD + stringify(shown, { lineWidth: 0, aliasDuplicateObjects: false });
}

function showSettings(settings: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]: [string, unknown]) => {
      const isDuration = name.endsWith('Seconds') && typeof value === 'number';
      const key = name.replace(/Seconds$/, '').replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      if (name === 'overrides') return [key, (value as readonly object[]).map(showSettings)];
      return [key, isDuration ? formatDuration(value) : value];
    }),
  );
}

function showCredential({ name, kind, secrets, expiresAtSeconds }: CredentialConfig): unknown {
  const placeOf = ({ description, file }: SecretSource): string =>
    file === undefined ? description : description.replace(file, basename(file));
  const shown = Object.fromEntries(Object.entries(secrets).map(([slot, source]) => [slot, `<${placeOf(source)}>`]));
  const expiry = expiresAtSeconds === undefined ? {} : { expires_at: new Date(expiresAtSeconds * 1000).toISOString() };
  return { name, ...(kind === 'access_token' ? shown : { [kind]: shown }), ...expiry };
}

function showTarget(clusters: unknown, settings: Partial<DiscoveredProject>): object {
  const { groupId, place: _place, ...rest } = settings;
  return { ...given({ group_id: groupId }), clusters, ...showSettings(rest) };
}

function byProjectAndSettings(targets: readonly NamedTarget[]) {
  const entries = new Map<string, { readonly settings: TargetSettings; readonly clusters: string[] }>();
  for (const { clusterName, ...settings } of targets) {
    const key = JSON.stringify(settings, Object.keys(settings).sort());
    const entry = entries.get(key) ?? { settings, clusters: [] };
    entry.clusters.push(clusterName);
    entries.set(key, entry);
  }
  return [...entries.values()];
}
