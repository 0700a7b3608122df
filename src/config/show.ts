/**
 * The configuration in force as a config file would say it: defaults filled in, secrets replaced by where they come from.
 * No secret is read for it, so there is none that could slip through.
 */
import { stringify } from 'yaml';
import type { Config, CredentialConfig, DiscoveryConfig, SecretSource, TargetConfig } from './config.ts';
import { formatDuration } from './duration.ts';
import { ALL_CLUSTERS } from './schema.ts';

const HEAD = '# The configuration in force: defaults are filled in, secrets are replaced by where they come from.\n';

export function showConfig({ atlas, credentials, polling, targets, discoveries }: Config): string {
  const shown = {
    atlas: {
      base_url: atlas.baseUrl,
      request_timeout: formatDuration(atlas.requestTimeoutSeconds),
      page_size: atlas.pageSize,
      max_pages: atlas.maxPages,
      requests_per_minute: atlas.requestsPerMinute,
      concurrency: atlas.concurrency,
    },
    credentials: credentials.map(showCredential),
    polling: {
      interval: formatDuration(polling.intervalSeconds),
      idle_interval: formatDuration(polling.idleIntervalSeconds),
      max_stale: formatDuration(polling.maxStaleSeconds),
      max_active_jobs: polling.maxActiveJobs,
      read_schedule: polling.readSchedule,
    },
    targets: [...grouped(targets), ...discoveries.map(showDiscovery)],
  };
  return HEAD + stringify(shown, { lineWidth: 0, aliasDuplicateObjects: false });
}

function showCredential(credential: CredentialConfig): unknown {
  const { name, expiresAtSeconds } = credential;
  const expiry = expiresAtSeconds === undefined ? {} : { expires_at: new Date(expiresAtSeconds * 1000).toISOString() };
  switch (credential.kind) {
    case 'service_account': {
      const account = {
        client_id: showSecret(credential.clientId),
        client_secret: showSecret(credential.clientSecret),
      };
      return { name, service_account: account, ...expiry };
    }
    case 'api_key': {
      const key = { public_key: showSecret(credential.publicKey), private_key: showSecret(credential.privateKey) };
      return { name, api_key: key, ...expiry };
    }
    case 'access_token':
      return { name, access_token: showSecret(credential.accessToken), ...expiry };
  }
}

function showSecret({ description }: SecretSource): string {
  return `<${description}>`;
}

/** Clusters of one project with the same settings in one entry, as one would write them. */
function grouped(targets: readonly TargetConfig[]): readonly unknown[] {
  const entries = new Map<string, { readonly first: TargetConfig; readonly clusters: string[] }>();
  for (const target of targets) {
    const { clusterName, ...settings } = target;
    const key = JSON.stringify(settings, Object.keys(settings).sort());
    const entry = entries.get(key) ?? { first: target, clusters: [] };
    entry.clusters.push(clusterName);
    entries.set(key, entry);
  }
  return [...entries.values()].map(({ first, clusters }) => ({
    group_id: first.groupId,
    clusters,
    ...showSettings(first),
  }));
}

function showDiscovery(project: DiscoveryConfig): unknown {
  return {
    group_id: project.groupId,
    clusters: ALL_CLUSTERS,
    exclude: project.exclude,
    discovery_interval: formatDuration(project.discoveryIntervalSeconds),
    ...showSettings(project),
  };
}

function showSettings({ credential, successMaxAgeSeconds, durationMaxSeconds }: TargetConfig | DiscoveryConfig) {
  return {
    credential,
    ...(successMaxAgeSeconds === undefined ? {} : { success_max_age: formatDuration(successMaxAgeSeconds) }),
    ...(durationMaxSeconds === undefined ? {} : { duration_max: formatDuration(durationMaxSeconds) }),
  };
}
