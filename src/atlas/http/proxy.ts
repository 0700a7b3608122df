/**
 * The connections to Atlas: kept alive, and through the proxy that HTTPS_PROXY and NO_PROXY name (read by proxy-from-env).
 * Plain HTTP is used only with loopback, where no proxy is wanted.
 */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Agents } from 'got';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { getProxyForUrl } from 'proxy-from-env';

export interface Connections {
  readonly agents: Agents;
  /** Ends the idle connections, so that the process can end. */
  close(): void;
}

/** Options of a request that Node hands on to its agent; unlike `signal`, which it keeps to itself. */
export interface ExchangeOptions {
  readonly exchangeSignal?: AbortSignal;
}

const OPTIONS = { keepAlive: true };

export function createConnections(baseUrl: string): Connections {
  const proxy = baseUrl.startsWith('https:') ? getProxyForUrl(baseUrl) : '';
  const http = new HttpAgent(OPTIONS);
  const https = new HttpsAgent(OPTIONS);
  const throughProxy = proxy === '' ? undefined : createProxyAgent(proxy);
  return {
    // got types its https agent as the one of node:https, but passes it to https.request, which accepts any http.Agent.
    agents: { http, https: (throughProxy as unknown as HttpsAgent | undefined) ?? https },
    close() {
      for (const agent of [http, https, throughProxy]) agent?.destroy();
    },
  };
}

/**
 * https-proxy-agent keeps its socket to the proxy to itself until CONNECT is answered: a proxy that never answers would hold
 * one socket per attempt for ever. The signal of the request destroys it.
 */
function createProxyAgent(proxy: string): HttpsProxyAgent<string> {
  const agent = new HttpsProxyAgent(proxy, OPTIONS);
  const connect = agent.connect.bind(agent);
  agent.connect = (request, options) => {
    // Read synchronously by `connect`, so requests in parallel do not share a signal.
    Object.assign(agent.connectOpts, { signal: (options as ExchangeOptions).exchangeSignal });
    return connect(request, options);
  };
  return agent;
}
