/** Atlas as the config describes it, for whoever asks it: the daemon and the commands that poll once. */
import { type Atlas, createAtlas } from '../atlas/atlas.ts';
import type { CredentialSettings } from '../atlas/auth/credentials.ts';
import type { AtlasCounter } from '../atlas/observer.ts';
import type { AtlasConfig, Config, CredentialConfig } from '../config/config.ts';
import type { Log } from '../support/log.ts';
import type { Runtime } from '../support/runtime.ts';
import { createAtlasLog } from './atlas-log.ts';

export interface AtlasTools {
  /** The program's own. */
  readonly version: string;
  readonly runtime: Runtime;
  readonly log: Log;
  readonly observer: AtlasCounter;
  /** Told each access token that Atlas gives out, so that it is hidden wherever it turns up. */
  readonly onToken?: ((token: string) => void) | undefined;
  /** Atlas can’t be reached any more, or can be again: what is known of targets is old. */
  readonly onReach?: () => void;
}

export interface AtlasFromConfig extends Pick<Atlas, 'apiFor' | 'isCircuitOpen' | 'budgets' | 'close'> {
  /** Looks up what has to be waited for. What it resolves to puts the config in force, in one synchronous step. */
  prepare(next: Config): Promise<() => Change>;
}

/** What a config has changed in how Atlas is asked. */
export interface Change {
  /** Whether whoever uses the credential of this name asks as someone else now, or somewhere else. */
  isOther(credential: string): boolean;
}

interface InForce {
  readonly atlas: AtlasConfig;
  readonly credentials: readonly CredentialConfig[];
  /** In the same order. */
  readonly settings: readonly CredentialSettings[];
}

export function createAtlasFromConfig(
  { atlas: settings, credentials }: Config,
  { version, runtime, log, observer, onToken = () => undefined, onReach = () => undefined }: AtlasTools,
): AtlasFromConfig {
  const telling = createAtlasLog(log);
  let inForce: InForce = { atlas: settings, credentials, settings: credentials.map(credentialSettings) };
  const atlas = createAtlas({
    settings,
    credentials: inForce.settings,
    userAgent: `mongodbatlas-backup-exporter/${version}`,
    runtime,
    observer: {
      ...observer,
      ...telling,
      secret: onToken,
      circuitOpened(event) {
        telling.circuitOpened(event);
        onReach();
      },
      circuitClosed() {
        telling.circuitClosed();
        onReach();
      },
    },
  });

  async function prepare(next: Config): Promise<() => Change> {
    const before = inForce;
    const kept = next.credentials.map((credential) => settingsOf(credential, before));
    return () => {
      const known = new Set(before.settings);
      const isElsewhere = next.atlas.baseUrl !== before.atlas.baseUrl;
      const others = kept.filter((one) => isElsewhere || !known.has(one)).map(({ name }) => name);
      inForce = { atlas: next.atlas, credentials: next.credentials, settings: kept };
      atlas.change(next.atlas, kept);
      return { isOther: (credential) => others.includes(credential) };
    };
  }

  const { apiFor, isCircuitOpen, budgets, close } = atlas;
  return { apiFor, isCircuitOpen, budgets, close, prepare };
}

/** The very settings from before if the credential is the same: Atlas recognizes them by that. */
function settingsOf(credential: CredentialConfig, before: InForce): CredentialSettings {
  const index = before.credentials.findIndex((known) => isSame(known, credential));
  return before.settings[index] ?? credentialSettings(credential);
}

/** A credential whose secrets come from the same places is the same: a rotated secret is read when it is needed. */
function isSame(a: CredentialConfig, b: CredentialConfig): boolean {
  const identities = ({ name, kind, secrets }: CredentialConfig): string =>
    JSON.stringify([name, kind, Object.entries(secrets).map(([slot, { identity }]) => [slot, identity])]);
  return identities(a) === identities(b);
}

function credentialSettings({ name, kind, secrets }: CredentialConfig): CredentialSettings {
  const read = (slot: string) => async (): Promise<string> => (await secrets[slot]?.read()) ?? '';
  switch (kind) {
    case 'service_account':
      return { name, kind, clientId: read('client_id'), clientSecret: read('client_secret') };
    case 'api_key':
      return { name, kind, publicKey: read('public_key'), privateKey: read('private_key') };
    case 'access_token':
      return { name, kind, accessToken: read('access_token') };
  }
}
