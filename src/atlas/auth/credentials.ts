/**
 * The three kinds of credentials behind one door: each turns a transport into one that signs its requests.
 * A 401 is answered by one re-send, by two where a digest's challenge was stale at once. Secrets are read when they are
 * needed and kept no longer than they are used.
 */
import type { Runtime } from '../../support/runtime.ts';
import { AtlasError } from '../error.ts';
import type { Transport } from '../http/transport.ts';
import type { AtlasObserver } from '../observer.ts';
import { createDigestSession } from './digest-session.ts';
import { createHandedOverToken, createServiceAccount } from './token.ts';

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

/** Reads a secret anew each time: that is what makes rotation work without a restart. */
export type ReadSecret = () => Promise<string>;

export type CredentialSettings = { readonly name: string } & (
  | { readonly kind: 'service_account'; readonly clientId: ReadSecret; readonly clientSecret: ReadSecret }
  | { readonly kind: 'api_key'; readonly publicKey: ReadSecret; readonly privateKey: ReadSecret }
  | { readonly kind: 'access_token'; readonly accessToken: ReadSecret }
);

export interface CredentialTools {
  readonly runtime: Runtime;
  readonly observer: AtlasObserver;
  /** For token calls, which no project's budget pays for. */
  readonly exchange: Transport;
}

export type Authorize = (next: Transport) => Transport;

export interface CredentialSession {
  readonly authorize: Authorize;
  /**
   * Gives back what Atlas holds for it; ends at the latest when the signal is aborted, whatever hangs, and never rejects. It
   * signs nothing afterwards.
   */
  end(signal: AbortSignal): Promise<void>;
}

export function createCredential(settings: CredentialSettings, tools: CredentialTools): CredentialSession {
  const read = (secret: ReadSecret): ReadSecret => readable(settings.name, secret, tools.runtime);
  switch (settings.kind) {
    case 'service_account':
      return createServiceAccount(
        { name: settings.name, clientId: read(settings.clientId), clientSecret: read(settings.clientSecret) },
        tools,
      );
    case 'api_key':
      return nothingToEnd(createDigestSession(read(settings.publicKey), read(settings.privateKey), tools.runtime));
    case 'access_token':
      return nothingToEnd(createHandedOverToken(read(settings.accessToken)));
  }
}

/** There is nothing wrong with the credential itself. */
const UNREADABLE = 'check the secret’s file, its permissions and its disk, or its variable: `check` says what is wrong';

function nothingToEnd(authorize: Authorize): CredentialSession {
  return { authorize, end: () => Promise.resolve() };
}

/** A disk may hang, as a network's does. Whoever reads from it holds a place that others wait for. */
const READ_SECONDS = 5;

function readable(name: string, secret: ReadSecret, runtime: Runtime): ReadSecret {
  let reading: Promise<string> | undefined;
  let hangs = false;

  /** Each reading that hangs takes one of the few threads that Node.js has for files: there is never a second one. */
  function attempt(): Promise<string> {
    reading ??= secret().finally(() => {
      reading = undefined;
      hangs = false;
    });
    const shared = reading;
    if (hangs) return Promise.reject(new Error('it takes too long'));
    const ended = new AbortController();
    return new Promise((resolve, reject) => {
      shared.then(resolve, reject).finally(() => ended.abort());
      runtime
        .sleep(READ_SECONDS, ended.signal)
        .then(() => {
          hangs = true;
          reject(new Error('it takes too long'));
        })
        .catch(() => undefined);
    });
  }

  return async () => {
    try {
      return await attempt();
    } catch {
      // Why is left out: the reason may hold a path's content, and `check` says it in full.
      throw new AtlasError('unauthorized', `a secret of credential ${name} can’t be read`, { advice: UNREADABLE });
    }
  };
}
