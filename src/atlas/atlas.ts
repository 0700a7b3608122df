/**
 * Atlas as one thing to ask: connections, what guards them, and a client per poll and credential. Here the chain is made that
 * every request goes through: attempts → signature → budget → exchange. Its settings may change while it is asked: what
 * projects have spent of their budget stays spent, and credentials that stay keep their tokens.
 */
import type { Runtime } from '../runtime.ts';
import { type Connections, createConnections } from './agents.ts';
import { createBudget } from './budget.ts';
import { type AtlasApi, createClient } from './client.ts';
import { type Authorize, type CredentialSettings, createAuthorize } from './credentials.ts';
import type { AtlasObserver } from './observer.ts';
import { createReachability, type Reachability } from './reachability.ts';
import { createExchange, type Transport } from './transport.ts';

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
   * its token, or its digest's count; with another origin none does.
   */
  change(settings: AtlasSettings, credentials: readonly CredentialSettings[]): void;
  close(): void;
}

/** What belongs to one origin: none of it is of use with another, and no secret of it may go there. */
interface Origin {
  readonly baseUrl: string;
  /** Without signature and budget, by the settings in force: for token calls, whose signers outlive settings. */
  exchange?: Transport;
  readonly connections: Connections;
  readonly reachability: Reachability;
  /** By the name of the credential. */
  readonly signers: Map<string, Signer>;
}

interface Signer {
  readonly settings: CredentialSettings;
  readonly authorize: Authorize;
}

/** One state of the settings, with what requests go through while it is in force. */
interface InForce {
  readonly settings: AtlasSettings;
  readonly origin: Origin;
  /** By the name of the credential. */
  readonly transports: ReadonlyMap<string, Transport>;
}

export function createAtlas({ settings, credentials, userAgent, runtime, observer }: AtlasParts): Atlas {
  const budget = createBudget({ ...settings, runtime, observer });
  let inForce = putInForce(settings, credentials, openOrigin(settings.baseUrl, runtime));

  function putInForce(now: AtlasSettings, wanted: readonly CredentialSettings[], origin: Origin): InForce {
    const { baseUrl, requestTimeoutSeconds } = now;
    const { reachability, signers, connections } = origin;
    const { agents } = connections;
    const exchange = reachability.watch(
      createExchange({ baseUrl, userAgent, requestTimeoutSeconds, agents, runtime, observer }),
    );
    origin.exchange = exchange;
    const budgeted = reachability.refuseEarly(budget.guard(exchange));
    const tokenExchange: Transport = (request, signal) => (origin.exchange ?? exchange)(request, signal);
    const tools = { runtime, observer, exchange: tokenExchange };
    replaceSigners(signers, wanted, (credential) => createAuthorize(credential, tools));
    const transports = new Map(Array.from(signers, ([name, { authorize }]) => [name, authorize(budgeted)]));
    return { settings: now, origin, transports };
  }

  return {
    apiFor({ credential }) {
      const { settings: now, origin, transports } = inForce;
      const transport = transports.get(credential);
      if (transport === undefined) throw new Error(`no credential ${credential}: the config should have been refused`);
      const { pageSize, maxPages } = now;
      const { isLost } = origin.reachability;
      return createClient({ transport, credential, pageSize, maxPages, isLost, runtime, observer });
    },
    change(next, wanted) {
      const { origin } = inForce;
      const isElsewhere = next.baseUrl !== origin.baseUrl;
      budget.change(next);
      inForce = putInForce(next, wanted, isElsewhere ? openOrigin(next.baseUrl, runtime) : origin);
      if (isElsewhere) origin.connections.close();
    },
    close: () => inForce.origin.connections.close(),
  };
}

/** Those that stay are left as they are. */
function replaceSigners(
  signers: Map<string, Signer>,
  wanted: readonly CredentialSettings[],
  sign: (credential: CredentialSettings) => Authorize,
): void {
  const stay = new Set(wanted);
  for (const [name, { settings }] of signers) if (!stay.has(settings)) signers.delete(name);
  for (const credential of wanted) {
    if (!signers.has(credential.name)) {
      signers.set(credential.name, { settings: credential, authorize: sign(credential) });
    }
  }
}

function openOrigin(baseUrl: string, runtime: Runtime): Origin {
  return {
    baseUrl,
    connections: createConnections(baseUrl),
    reachability: createReachability(runtime),
    signers: new Map(),
  };
}
