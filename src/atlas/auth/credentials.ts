/**
 * Credentials are data: a kind, and where to read each secret. A secret is read when it is needed and is not kept
 * afterwards.
 */
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
  /** Describes the source for people; never contains the value. */
  readonly description: string;
  /** Absolute path, if it is in a file. */
  readonly file?: string;
  /** Reads the secret again. Rejects if it cannot be read; settles within 5 seconds, even if the disk hangs. */
  readonly read: () => Promise<string>;
}

/** Secrets: service_account: client_id, client_secret · api_key: public_key, private_key · access_token: access_token. */
export interface Credential {
  readonly name: string;
  readonly kind: CredentialKind;
  readonly secrets: Readonly<Record<string, SecretSource>>;
}

/** Whether both give requests the same identity. A rotated secret has the same source. */
export function isSameCredential(a: Credential, b: Credential): boolean {
  return identityOf(a) === identityOf(b);
}

function identityOf({ kind, secrets }: Credential): string {
  const slots = Object.entries(secrets).map(([slot, { identity }]) => [slot, identity].join(' '));
  return JSON.stringify([kind, slots.sort()]);
}

const UNREADABLE =
  'check the file of the secret, its permissions and its disk, or the environment variable; the command `check` shows the problem';

/** @throws AtlasError without `cause`, because a cause may quote the file. `check` shows the cause. */
export async function readSecret({ name, secrets }: Credential, slot: string, runtime: Runtime): Promise<string> {
  const source = secrets[slot];
  if (source === undefined) throw new Error(`credential ${name} has no ${slot}: the config should have been refused`);
  const unreadable = new AtlasError('unauthorized', `a secret of credential ${name} can’t be read`, {
    advice: UNREADABLE,
  });
  try {
    return await withinDeadline({ runtime, seconds: BOUNDS.secretSeconds, late: () => unreadable }, source.read);
  } catch {
    throw unreadable;
  }
}

export interface Signer {
  /** Wraps a transport so that its requests are signed. After a 401 it tries once more, or twice for a stale nonce. */
  readonly authorize: (next: Transport) => Transport;
  /** Revokes the tokens; no request is signed afterwards. Never rejects; stops at once when the signal is aborted. */
  end(signal: AbortSignal): Promise<void>;
}

export interface SignerTools {
  readonly runtime: Runtime;
  readonly observer: AtlasObserver;
  /** Sends token requests, which have no request budget. */
  readonly exchange: Transport;
}
