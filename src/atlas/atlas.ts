/**
 * Atlas as one thing to ask: connections, what guards them, and a client per poll and credential. Here the chain is made that
 * every request goes through: attempts → signature → budget → exchange.
 */
import type { Runtime } from '../runtime.ts';
import { createConnections } from './agents.ts';
import { createBudget } from './budget.ts';
import { type AtlasApi, createClient } from './client.ts';
import { type CredentialSettings, createCredential } from './credentials.ts';
import type { AtlasObserver } from './observer.ts';
import { createReachability } from './reachability.ts';
import { createExchange } from './transport.ts';
import { unlessAborted } from './unless-aborted.ts';

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
   * Gives the access tokens back, for two seconds at most, and ends the connections. To be called when nothing is polled any
   * more; never rejects.
   */
  close(): Promise<void>;
}

const CLOSE_SECONDS = 2;

export function createAtlas({ settings, credentials, userAgent, runtime, observer }: AtlasParts): Atlas {
  const { baseUrl, requestTimeoutSeconds, requestsPerMinute, concurrency, pageSize, maxPages } = settings;
  const connections = createConnections(baseUrl);
  const reachability = createReachability(runtime);
  const { agents } = connections;
  const exchange = reachability.watch(
    createExchange({ baseUrl, userAgent, requestTimeoutSeconds, agents, runtime, observer }),
  );
  const budget = createBudget({ requestsPerMinute, concurrency, runtime, observer });
  const budgeted = reachability.refuseEarly(budget(exchange));
  const signers = new Map(
    credentials.map((settingsOfOne) => {
      const { authorize, end } = createCredential(settingsOfOne, { runtime, observer, exchange });
      return [settingsOfOne.name, { transport: authorize(budgeted), end }];
    }),
  );

  async function close(): Promise<void> {
    const over = new AbortController();
    const done = new AbortController();
    runtime.sleep(CLOSE_SECONDS, done.signal).then(
      () => over.abort(new Error('the time to close is over')),
      () => undefined,
    );
    const ends = Promise.all([...signers.values()].map(({ end }) => end(over.signal)));
    // Whatever hangs, a secret's file included, is left behind.
    await unlessAborted(ends, over.signal).catch(() => undefined);
    done.abort();
    connections.close();
  }

  return {
    apiFor({ credential }) {
      const transport = signers.get(credential)?.transport;
      if (transport === undefined) throw new Error(`no credential ${credential}: the config should have been refused`);
      const { isLost } = reachability;
      return createClient({ transport, credential, pageSize, maxPages, isLost, runtime, observer });
    },
    close,
  };
}
