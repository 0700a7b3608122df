/**
 * Atlas as one thing to ask: connections, what guards them, and a client per poll and credential. Here the chain is made that
 * every request goes through: attempts → signature → budget → exchange. Its settings may change while it is asked: what
 * projects have spent of their budget stays spent, and credentials that stay keep their tokens.
 */
import type { Runtime } from '../support/runtime.ts';
import { type BudgetLevel, createAdmission } from './admission/admission.ts';
import { type CircuitBreaker, createCircuitBreaker } from './admission/circuit-breaker.ts';
import { type CredentialSession, type CredentialSettings, createCredential } from './auth/credentials.ts';
import { type AtlasApi, createClient } from './client.ts';
import { createExchange } from './http/exchange.ts';
import { type Connections, createConnections } from './http/proxy.ts';
import type { Transport } from './http/transport.ts';
import type { AtlasObserver } from './observer.ts';

export interface AtlasSettings {
  /** An origin, no path. */
  readonly baseUrl: string;
  readonly requestTimeoutSeconds: number;
  /** Per project and rate limit. */
  readonly requestsPerMinute: number;
  /** Requests under way at once. */
  readonly concurrency: number;
  /** itemsPerPage, 1 to 500. */
  readonly pageSize: number;
  readonly maxPages: number;
}

export interface AtlasParts {
  readonly settings: AtlasSettings;
  readonly credentials: readonly CredentialSettings[];
  readonly userAgent: string;
  readonly runtime: Runtime;
  readonly observer: AtlasObserver;
}

export interface Atlas {
  /** A client for one poll, signing with the credential of that name. */
  apiFor(whose: { readonly credential: string }): AtlasApi;
  /**
   * From now on these settings and credentials, for polls that begin. A credential that is the same object as before keeps
   * its token, or its digest's count; with another origin none does. Tokens of those that are gone are given back.
   */
  change(settings: AtlasSettings, credentials: readonly CredentialSettings[]): void;
  /** Whether Atlas does not answer at the moment, so that requests fail without being sent. */
  isCircuitOpen(): boolean;
  /** What is left of the projects' budgets. */
  budgets(): readonly BudgetLevel[];
  /**
   * Gives the access tokens back, for two seconds at most, and ends the connections. To be called when nothing is polled any
   * more; never rejects.
   */
  close(): Promise<void>;
}

/** What giving tokens back may take. */
const END_SECONDS = 2;

/** What belongs to one origin: none of it is of use with another, and no secret of it may go there. */
interface Origin {
  readonly baseUrl: string;
  /** Without signature and budget, by the settings in force: for token calls, whose signers outlive settings. */
  exchange?: Transport;
  readonly connections: Connections;
  readonly breaker: CircuitBreaker;
  /** By the name of the credential. */
  readonly signers: Map<string, Signer>;
}

interface Signer extends CredentialSession {
  readonly settings: CredentialSettings;
}

/** One state of the settings, with what requests go through while it is in force. */
interface InForce {
  readonly settings: AtlasSettings;
  readonly origin: Origin;
  /** By the name of the credential. */
  readonly transports: ReadonlyMap<string, Transport>;
}

export function createAtlas({ settings, credentials, userAgent, runtime, observer }: AtlasParts): Atlas {
  const admission = createAdmission({ ...settings, runtime, observer });
  let inForce = putInForce(settings, credentials, openOrigin(settings.baseUrl));
  /** Those that are gone, and still give something back. */
  const leaving = new Set<Promise<void>>();

  function openOrigin(baseUrl: string): Origin {
    return {
      baseUrl,
      connections: createConnections(baseUrl),
      breaker: createCircuitBreaker(runtime, observer),
      signers: new Map(),
    };
  }

  function putInForce(now: AtlasSettings, wanted: readonly CredentialSettings[], origin: Origin): InForce {
    const { baseUrl, requestTimeoutSeconds } = now;
    const { breaker, signers, connections } = origin;
    const { agents } = connections;
    const exchange = breaker.watch(
      createExchange({ baseUrl, userAgent, requestTimeoutSeconds, agents, runtime, observer }),
    );
    origin.exchange = exchange;
    const admitted = admission.guard(exchange, breaker.refusal);
    const tokenExchange: Transport = (request, signal) => (origin.exchange ?? exchange)(request, signal);
    const tools = { runtime, observer, exchange: tokenExchange };
    addSigners(signers, wanted, (credential) => createCredential(credential, tools));
    const transports = new Map(
      Array.from(signers, ([name, { authorize }]) => [name, breaker.guard(authorize(admitted))]),
    );
    return { settings: now, origin, transports };
  }

  function change(next: AtlasSettings, wanted: readonly CredentialSettings[]): void {
    const { origin } = inForce;
    const isElsewhere = next.baseUrl !== origin.baseUrl;
    const gone = removeSigners(origin.signers, isElsewhere ? [] : wanted);
    admission.change(next);
    inForce = putInForce(next, wanted, isElsewhere ? openOrigin(next.baseUrl) : origin);
    const left = endAll(gone, runtime).then(() => {
      if (isElsewhere) origin.connections.close();
      leaving.delete(left);
    });
    leaving.add(left);
  }

  async function close(): Promise<void> {
    const { signers, connections } = inForce.origin;
    await Promise.all([endAll([...signers.values()], runtime), ...leaving]);
    connections.close();
  }

  return {
    apiFor({ credential }) {
      const { settings: now, transports } = inForce;
      const transport = transports.get(credential);
      if (transport === undefined) throw new Error(`no credential ${credential}: the config should have been refused`);
      const { pageSize, maxPages } = now;
      return createClient({ transport, credential, pageSize, maxPages, runtime, observer });
    },
    change,
    isCircuitOpen: () => inForce.origin.breaker.isOpen(),
    budgets: admission.levels,
    close,
  };
}

/** Those that are not wanted as they are. */
function removeSigners(signers: Map<string, Signer>, wanted: readonly CredentialSettings[]): readonly Signer[] {
  const gone = [...signers.values()].filter(({ settings }) => !wanted.includes(settings));
  for (const { settings } of gone) signers.delete(settings.name);
  return gone;
}

/** Those that are there already are left as they are. */
function addSigners(
  signers: Map<string, Signer>,
  wanted: readonly CredentialSettings[],
  create: (credential: CredentialSettings) => CredentialSession,
): void {
  for (const settings of wanted) {
    if (!signers.has(settings.name)) signers.set(settings.name, { ...create(settings), settings });
  }
}

async function endAll(signers: readonly Signer[], runtime: Runtime): Promise<void> {
  if (signers.length === 0) return;
  const over = new AbortController();
  const done = new AbortController();
  runtime.sleep(END_SECONDS, done.signal).then(
    () => over.abort(new Error('the time to give tokens back is over')),
    () => undefined,
  );
  await Promise.all(signers.map(({ end }) => end(over.signal)));
  done.abort();
}
