/**
 * Builds the Atlas client from its parts. A request goes through: retries (client) → circuit breaker → signature →
 * token bucket and semaphore (admission) → HTTP exchange. The settings may change while requests run: tokens taken from
 * a bucket stay taken, and unchanged credentials keep their access tokens.
 */
import { withinDeadline } from '../support/abortable.ts';
import type { Runtime } from '../support/runtime.ts';
import { type BudgetLevel, createAdmission } from './admission/admission.ts';
import { type CircuitBreaker, createCircuitBreaker } from './admission/circuit-breaker.ts';
import { type Credential, isSameCredential, type Signer, type SignerTools } from './auth/credentials.ts';
import { createDigestSession } from './auth/digest.ts';
import { createReadyMadeToken, createServiceAccount } from './auth/token.ts';
import { BOUNDS } from './bounds.ts';
import { type AtlasApi, createClient } from './client.ts';
import { createConnections } from './http/connections.ts';
import type { ExchangeSettings } from './http/exchange.ts';
import type { Transport } from './http/transport.ts';
import type { HttpProxy } from './http/tunnel.ts';
import type { AtlasObserver, Outage } from './observer.ts';

export interface AtlasSettings {
  /** An origin, no path. */
  readonly baseUrl: string;
  /** The proxy for requests to this base URL. */
  readonly proxy?: HttpProxy;
  /** Certificates that are trusted in addition to the default ones. */
  readonly ca?: { readonly file: string; readonly pem: string };
  readonly requestTimeoutSeconds: number;
  /** Limit per project and rate limit of Atlas. */
  readonly requestsPerMinute: number;
  /** Maximum number of concurrent requests. */
  readonly concurrency: number;
  readonly pageSize: number;
  readonly maxPages: number;
}

export interface AtlasParts {
  readonly settings: AtlasSettings;
  readonly credentials: readonly Credential[];
  readonly userAgent: string;
  readonly runtime: Runtime;
  readonly observer: AtlasObserver;
}

export interface Atlas {
  /** Creates a client for one poll. It signs requests with the named credential. */
  apiFor(whose: { readonly credential: string }): AtlasApi;
  /** Applies other settings and credentials. Access tokens of removed credentials are revoked. */
  change(settings: AtlasSettings, credentials: readonly Credential[]): AtlasChange;
  /** Defined while Atlas does not answer and requests fail without being sent. */
  outage(): Outage | undefined;
  /** False during an outage; undefined before the first answer. */
  isReachable(): boolean | undefined;
  /** The remaining request budgets of the projects. */
  budgets(): readonly BudgetLevel[];
  /** Revokes the access tokens, within two seconds at most, and closes the connections. Call it after the last poll. */
  close(): Promise<void>;
}

export interface AtlasChange {
  /** Whether requests with the named credential now use another identity or another base URL. */
  isOther(credential: string): boolean;
}

/** The state for one base URL. It is never used with another base URL, so no secret is sent to the wrong server. */
interface Origin {
  readonly baseUrl: string;
  readonly connections: ReturnType<typeof createConnections>;
  readonly breaker: CircuitBreaker;
  /** Key: the name of the credential. */
  readonly sessions: Map<string, Session>;
  open(credential: Credential): Session;
}

interface Session {
  readonly credential: Credential;
  readonly signer: Signer;
  readonly transport: Transport;
}

export function createAtlas({ settings: initial, credentials, userAgent, runtime, observer }: AtlasParts): Atlas {
  let settings = initial;
  const admission = createAdmission(settings, runtime);
  let origin = openOrigin(settings);
  const endings = new Set<Promise<void>>();
  replaceSessions(origin.sessions, credentials, origin.open);

  function openOrigin({ baseUrl, proxy }: AtlasSettings): Origin {
    const connections = createConnections({ proxy, caPem: () => settings.ca?.pem });
    const breaker = createCircuitBreaker(runtime, observer);
    const requestTimeoutSeconds = (): number => settings.requestTimeoutSeconds;
    const exchange = breaker.watch(
      exchangeOnDemand({ baseUrl, userAgent, requestTimeoutSeconds, connections, runtime, observer }),
    );
    const admitted = admission.guard(exchange, breaker.refusal);
    function open(credential: Credential): Session {
      const signer = createSigner(credential, { runtime, observer, exchange });
      return { credential, signer, transport: breaker.guard(signer.authorize(admitted)) };
    }
    return { baseUrl, connections, breaker, sessions: new Map(), open };
  }

  function change(next: AtlasSettings, wanted: readonly Credential[]): AtlasChange {
    const before = origin;
    const isElsewhere = next.baseUrl !== before.baseUrl;
    const kept = new Set(isElsewhere ? [] : before.sessions.values());
    settings = next;
    admission.change(next);
    if (isElsewhere) {
      before.breaker.close();
      origin = openOrigin(next);
    }
    const gone = replaceSessions(origin.sessions, wanted, origin.open);
    const ending = endAll(isElsewhere ? [...before.sessions.values()] : gone, runtime).then(() => {
      if (isElsewhere) before.connections.close();
      endings.delete(ending);
    });
    endings.add(ending);
    const same = [...origin.sessions].filter(([, session]) => kept.has(session)).map(([name]) => name);
    return { isOther: (name) => !same.includes(name) };
  }

  async function close(): Promise<void> {
    origin.breaker.close();
    await Promise.all([endAll([...origin.sessions.values()], runtime), ...endings]);
    origin.connections.close();
  }

  return {
    apiFor({ credential }) {
      const session = origin.sessions.get(credential);
      if (session === undefined) throw new Error(`no credential ${credential}: the config should have been refused`);
      return createClient({ ...settings, transport: session.transport, credential, runtime, observer });
    },
    change,
    outage: () => origin.breaker.outage(),
    isReachable: () => origin.breaker.isReachable(),
    budgets: admission.levels,
    close,
  };
}

/** The HTTP library is loaded for the first request, because loading it takes a fifth of the time until the first page. */
function exchangeOnDemand(settings: ExchangeSettings): Transport {
  let loaded: Promise<Transport> | undefined;
  return async (request, signal) => {
    loaded ??= import('./http/exchange.ts').then(({ createExchange }) => createExchange(settings));
    const exchange = await loaded;
    return exchange(request, signal);
  };
}

export function createSigner(credential: Credential, tools: SignerTools): Signer {
  const nothingToEnd = (): Promise<void> => Promise.resolve();
  switch (credential.kind) {
    case 'service_account':
      return createServiceAccount(credential, tools);
    case 'api_key':
      return { authorize: createDigestSession(credential, tools.runtime), end: nothingToEnd };
    case 'access_token':
      return { authorize: createReadyMadeToken(credential, tools.runtime), end: nothingToEnd };
  }
}

/** Keeps the sessions of unchanged credentials, creates missing sessions, and returns the removed ones. */
function replaceSessions(
  sessions: Map<string, Session>,
  wanted: readonly Credential[],
  open: Origin['open'],
): readonly Session[] {
  const before = new Map(sessions);
  sessions.clear();
  for (const credential of wanted) {
    const known = before.get(credential.name);
    const isKept = known !== undefined && isSameCredential(known.credential, credential);
    sessions.set(credential.name, isKept ? known : open(credential));
    if (isKept) before.delete(credential.name);
  }
  return [...before.values()];
}

async function endAll(sessions: readonly Session[], runtime: Runtime): Promise<void> {
  if (sessions.length === 0) return;
  const late = (): Error => new Error('the time limit for revoking tokens is exceeded');
  const deadline = { runtime, seconds: BOUNDS.revokeSeconds, late };
  const endSessions = (signal: AbortSignal) => Promise.all(sessions.map(({ signer }) => signer.end(signal)));
  await withinDeadline(deadline, endSessions).catch(() => undefined);
}
