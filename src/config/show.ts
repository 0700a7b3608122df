/**
 * The configuration as a config file: defaults filled in, secrets replaced by where they come from. No secret is read.
 * Its keys follow from the names in Config: `requestTimeoutSeconds: 10` is `request_timeout: 10s`.
 */
import { basename } from 'node:path';
import { stringify } from 'yaml';
import type { SecretSource } from '../atlas/auth/credentials.ts';
import type { PollingSettings } from '../collectors/collector.ts';
import type { NamedTarget, TargetSettings } from '../polling/targets.ts';
import type { Config, CredentialConfig } from './config.ts';
import { ALL_CLUSTERS } from './schema.ts';
import { formatDuration } from './values.ts';

const HEAD = '# The current configuration: defaults are filled in, secrets are replaced by where they come from.\n';

/** Somebody without a password learns the names of secret files, but not their folders. */
export type Reader = 'authenticated' | 'anyone';

export function showConfig(
  { atlas: { proxy: _proxy, ca, ...atlas }, credentials, polling, targets, discoveries }: Config,
  reader: Reader,
): string {
  const shown = {
    atlas: { ...showSettings(atlas), ...(ca ? { ca_file: reader === 'anyone' ? basename(ca.file) : ca.file } : {}) },
    credentials: credentials.map((credential) => showCredential(credential, reader)),
    polling: showPolling(polling),
    targets: [
      ...byProjectAndSettings(targets).map(({ clusters, settings }) => showTarget(clusters, settings)),
      ...discoveries.map((discovery) => showTarget(ALL_CLUSTERS, discovery)),
    ],
  };
  return HEAD + stringify(shown, { lineWidth: 0, aliasDuplicateObjects: false });
}

function showPolling({ isRead, ...settings }: PollingSettings): Readonly<Record<string, unknown>> {
  const switches = Object.entries(isRead).map(([name, value]) => [`read_${name}`, value]);
  return { ...showSettings(settings), ...Object.fromEntries(switches) };
}

function showSettings(settings: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]: [string, unknown]) => {
      const isDuration = name.endsWith('Seconds') && typeof value === 'number';
      const key = name.replace(/Seconds$/, '').replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      return [key, isDuration ? formatDuration(value) : value];
    }),
  );
}

function showCredential({ name, kind, secrets, expiresAtSeconds }: CredentialConfig, reader: Reader): unknown {
  const placeOf = ({ description, file }: SecretSource): string =>
    reader === 'anyone' && file !== undefined ? `file ${basename(file)}` : description;
  const shown = Object.fromEntries(Object.entries(secrets).map(([slot, source]) => [slot, `<${placeOf(source)}>`]));
  const expiry = expiresAtSeconds === undefined ? {} : { expires_at: new Date(expiresAtSeconds * 1000).toISOString() };
  return { name, ...(kind === 'access_token' ? shown : { [kind]: shown }), ...expiry };
}

function showTarget(clusters: unknown, { groupId, ...settings }: TargetSettings): unknown {
  return { group_id: groupId, clusters, ...showSettings(settings) };
}

/** Clusters of one project with the same settings are shown in one entry. */
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
