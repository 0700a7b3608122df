/** Credentials are data: a kind, and where to read each secret. Secrets are read when they are needed and not kept longer. */
import { withinDeadline } from '../../support/abortable.ts';
import type { Runtime } from '../../support/runtime.ts';
import { BOUNDS } from '../bounds.ts';
import { AtlasError } from '../error.ts';
import type { Transport } from '../http/transport.ts';
import type { AtlasObserver } from '../observer.ts';

export type CredentialKind = 'service_account' | 'api_key' | 'access_token';

export interface SecretSource {
  /** Equal for two sources that read the same place or hold the same value. Holds no secret: a hash for inline values. */
  readonly identity: string;
  /** Where it comes from, for people; never the value. */
  readonly description: string;
  /** Absolute path, if it is in a file. */
  readonly file?: string;
  /** Reads it anew. Rejects if it cannot be read, within 5 seconds at most, also if the disk hangs. */
  readonly read: () => Promise<string>;
}

/** Secrets: service_account: client_id, client_secret · api_key: public_key, private_key · access_token: access_token. */
export interface Credential {
  readonly name: string;
  readonly kind: CredentialKind;
  readonly secrets: Readonly<Record<string, SecretSource>>;
}

/** Whether requests with one go out as with the other: a rotated secret is read from the same source. */
export function isSameCredential(a: Credential, b: Credential): boolean {
  return identityOf(a) === identityOf(b);
}

function identityOf({ kind, secrets }: Credential): string {
  const slots = Object.entries(secrets).map(([slot, { identity }]) => [slot, identity].join(' '));
  return JSON.stringify([kind, slots.sort()]);
}

const UNREADABLE = 'check the secret’s file, its permissions and its disk, or its variable: `check` shows the problem';

/** @throws AtlasError without the cause, which may quote the file; `check` shows it */
export async function readSecret({ name, secrets }: Credential, slot: string, runtime: Runtime): Promise<string> {
  const source = secrets[slot];
  if (source === undefined) throw new Error(`credential ${name} has no ${slot}: the config should have been refused`);
  const unreadable = new AtlasError('unauthorized', `a secret of credential ${name} can’t be read`, {
    advice: UNREADABLE,
  });
  try {
    return await withinDeadline({ runtime, seconds: BOUNDS.secretSeconds, late: unreadable }, source.read);
  } catch {
    throw unreadable;
  }
}

/** Signs requests with one credential. */
export interface Signer {
  /** Turns a transport into one that signs its requests. A 401 is answered by one new attempt, or two for a stale nonce. */
  readonly authorize: (next: Transport) => Transport;
  /**
   * Revokes the access tokens that Atlas holds for it. Never rejects; stops at once when the signal is aborted. Afterwards
   * nothing is signed.
   */
  end(signal: AbortSignal): Promise<void>;
}

export interface SignerTools {
  readonly runtime: Runtime;
  readonly observer: AtlasObserver;
  /** For token requests, which have no budget. */
  readonly exchange: Transport;
}
