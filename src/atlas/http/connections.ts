/** The connections to one base URL, directly or through a proxy, and which certificates they trust. */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Socket } from 'node:net';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { Agents } from 'got';
import { type HttpProxy, openTunnel, type TunnelOptions } from './tunnel.ts';

export interface ConnectionSettings {
  /** Plain HTTP does not use the proxy, because it is allowed only for loopback. */
  readonly proxy?: HttpProxy | undefined;
  /** Certificates that are trusted in addition to the default ones. Called each time: a reload may change them. */
  readonly caPem: () => string | undefined;
}

export interface Connections {
  readonly agents: Agents;
  readonly proxy: HttpProxy | undefined;
  /** Options for a request with this timeout. Node passes these options to the agent, except `signal`. */
  optionsFor(signal: AbortSignal, timeoutSeconds: number): TunnelOptions;
  close(): void;
}

/** Idle connections are kept for later requests until `close`. */
const KEEP_ALIVE = { keepAlive: true };
/** Each address of a host gets this share of the request's time. Node's default of 250 ms is too short. */
const ADDRESS_SHARE = 0.25;

export function createConnections({ proxy, caPem }: ConnectionSettings): Connections {
  const http = new HttpAgent(KEEP_ALIVE);
  const https = new HttpsAgent(KEEP_ALIVE);
  if (proxy !== undefined) sendThrough(proxy, https);
  let trust: { readonly pem: string; readonly secureContext: SecureContext } | undefined;

  function secureContext(): SecureContext | undefined {
    const pem = caPem();
    if (pem === undefined) return undefined;
    if (trust?.pem !== pem) trust = { pem, secureContext: contextThatTrusts(pem) };
    return trust.secureContext;
  }

  return {
    agents: { http, https },
    proxy,
    optionsFor(exchangeSignal, timeoutSeconds) {
      const context = secureContext();
      return {
        exchangeSignal,
        autoSelectFamilyAttemptTimeout: Math.ceil(timeoutSeconds * ADDRESS_SHARE * 1000),
        ...(context ? { secureContext: context } : {}),
      };
    },
    close() {
      for (const agent of [http, https]) agent.destroy();
    },
  };
}

/** Adds certificates to the default ones. The option `ca` would replace them, and also those of NODE_EXTRA_CA_CERTS. */
function contextThatTrusts(pem: string): SecureContext {
  const secureContext = createSecureContext();
  (secureContext.context as { addCACert(pem: string): void }).addCACert(pem);
  return secureContext;
}

function sendThrough(proxy: HttpProxy, agent: HttpsAgent): void {
  const startTls = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    openTunnel(proxy, options as TunnelOptions)
      .then((socket) => {
        const overTunnel: typeof options & { readonly socket: Socket } = { ...options, socket };
        return startTls(overTunnel) as Socket;
      })
      .then(
        (connection) => callback?.(null, connection),
        // Node looks at the second argument only if there is no error.
        (error: Error) => callback?.(error, undefined as never),
      );
    return undefined;
  };
}
