/** Atlas as the config describes it, for whoever asks it: the daemon and the commands that poll once. */
import { type Atlas, createAtlas } from './atlas/atlas.ts';
import type { CredentialSettings } from './atlas/credentials.ts';
import type { AtlasObserver, Paused } from './atlas/observer.ts';
import type { Config, CredentialConfig } from './config/config.ts';
import type { Log } from './log.ts';
import type { Runtime } from './runtime.ts';

export interface AtlasTools {
  /** The program's own. */
  readonly version: string;
  readonly runtime: Runtime;
  readonly log: Log;
  readonly observer: Omit<AtlasObserver, 'paused'>;
}

export function createAtlasFromConfig(config: Config, { version, runtime, log, observer }: AtlasTools): Atlas {
  return createAtlas({
    settings: config.atlas,
    credentials: config.credentials.map(credentialSettings),
    userAgent: `mongodbatlas-backup-exporter/${version}`,
    runtime,
    observer: { ...observer, paused: (pause) => tellOfPause(log, pause) },
  });
}

/** What Atlas asks for is heeded without a word, unless it asks for more than is heeded. */
function tellOfPause(log: Log, { groupId: group_id, budget, seconds, askedSeconds }: Paused): void {
  if (askedSeconds <= seconds) return;
  const facts = { group_id, budget, pause_seconds: seconds, retry_after_seconds: askedSeconds };
  log.warn(facts, 'Atlas asks for a longer pause than is heeded');
}

function credentialSettings(credential: CredentialConfig): CredentialSettings {
  const { name } = credential;
  switch (credential.kind) {
    case 'service_account':
      return {
        name,
        kind: credential.kind,
        clientId: credential.clientId.read,
        clientSecret: credential.clientSecret.read,
      };
    case 'api_key':
      return {
        name,
        kind: credential.kind,
        publicKey: credential.publicKey.read,
        privateKey: credential.privateKey.read,
      };
    case 'access_token':
      return { name, kind: credential.kind, accessToken: credential.accessToken.read };
  }
}
