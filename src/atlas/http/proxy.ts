/**
 * The connections to Atlas: kept alive, and through the proxy that HTTPS_PROXY and NO_PROXY name (read by proxy-from-env).
 * Plain HTTP exists only to loopback, where no proxy is wanted.
 */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Agents } from 'got';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { getProxyForUrl } from 'proxy-from-env';

export interface Connections {
  readonly agents: Agents;
  /** Ends the idle connections, so that the process can. */
  close(): void;
}

export function createConnections(baseUrl: string): Connections {
  const options = { keepAlive: true };
  const proxy = baseUrl.startsWith('https:') ? getProxyForUrl(baseUrl) : '';
  const http = new HttpAgent(options);
  const https = new HttpsAgent(options);
  const throughProxy = proxy === '' ? undefined : new HttpsProxyAgent(proxy, options);
  return {
    // got types its https agent as node:https' own; it hands it to https.request, which takes any http.Agent.
    agents: { http, https: (throughProxy as unknown as HttpsAgent | undefined) ?? https },
    close() {
      for (const agent of [http, https, throughProxy]) agent?.destroy();
    },
  };
}
