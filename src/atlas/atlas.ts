/**
 * Atlas as one thing to ask: connections, what guards them, and a client per poll and credential. Here the chain is made that
 * every request goes through: attempts → signature → budget → exchange.
 */
import type { Runtime } from '../runtime.ts';
import { createConnections } from './agents.ts';
import { type BudgetLevel, createBudget } from './budget.ts';
import { type AtlasApi, createClient } from './client.ts';
import { type CredentialSettings, createAuthorize } from './credentials.ts';
import type { AtlasObserver } from './observer.ts';
import { createReachability } from './reachability.ts';
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
  /** What is left of the projects' budgets. */
  budgets(): readonly BudgetLevel[];
  close(): void;
}

export function createAtlas({ settings, credentials, userAgent, runtime, observer }: AtlasParts): Atlas {
  const { baseUrl, requestTimeoutSeconds, requestsPerMinute, concurrency, pageSize, maxPages } = settings;
  const connections = createConnections(baseUrl);
  const reachability = createReachability(runtime);
  const { agents } = connections;
  const exchange = reachability.watch(
    createExchange({ baseUrl, userAgent, requestTimeoutSeconds, agents, runtime, observer }),
  );
  const budget = createBudget({ requestsPerMinute, concurrency, runtime, observer });
  const budgeted = reachability.refuseEarly(budget.guard(exchange));
  const transports = new Map<string, Transport>(
    credentials.map((credential) => {
      const authorize = createAuthorize(credential, { runtime, observer, exchange });
      return [credential.name, authorize(budgeted)];
    }),
  );
  return {
    apiFor({ credential }) {
      const transport = transports.get(credential);
      if (transport === undefined) throw new Error(`no credential ${credential}: the config should have been refused`);
      const { isLost } = reachability;
      return createClient({ transport, credential, pageSize, maxPages, isLost, runtime, observer });
    },
    budgets: budget.levels,
    close: connections.close,
  };
}
