/** The simulator, but requests are refused if their path has one of the given endings. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Simulator } from '../../src/simulator/simulator.ts';

export interface Gatekeeper {
  readonly origin: string;
  /** Ends of paths; may be changed at any time. */
  readonly refused: Set<string>;
  close(): Promise<void>;
}

export async function startGatekeeper(simulator: Simulator, ...ends: string[]): Promise<Gatekeeper> {
  const refused = new Set(ends);
  const server = createServer((request, response) => {
    const [path = ''] = (request.url ?? '').split('?');
    if ([...refused].some((end) => path.endsWith(end))) {
      response.writeHead(403, { 'content-type': 'application/json' }).end('{"errorCode":"USER_UNAUTHORIZED"}');
      return;
    }
    const { authorization = '', accept = '' } = request.headers;
    fetch(`${simulator.origin}${request.url}`, { headers: { authorization, accept } })
      .then(async (answer) => {
        const type = answer.headers.get('content-type') ?? '';
        response.writeHead(answer.status, { 'content-type': type }).end(await answer.text());
      })
      .catch(() => response.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    refused,
    async close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
