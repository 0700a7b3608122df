/** Sockets: where it listens, for how long a connection may do nothing, and how it ends. */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { Server as TlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { createTlsServer, renewTls, type TlsSettings } from './tls.ts';

export interface ListenAddress {
  /** All interfaces where it is left out. */
  readonly host?: string;
  readonly port: number;
}

export interface WebOptions {
  /** Left out: plain HTTP. */
  readonly tls?: TlsSettings | undefined;
  /** Is told why a TLS handshake failed. */
  onRefusedHandshake?(reason: string): void;
}

export interface Web {
  /** Where it listens, one URL per address. */
  readonly urls: readonly string[];
  /** For connections to come; does nothing where plain HTTP is spoken. */
  renewTls(settings: TlsSettings): void;
  /** Takes no new requests, lets those in flight finish, for a while. */
  close(): Promise<void>;
}

const FINISH_MS = 3000;
/** Whoever connects and sends nothing, or a byte now and then, is dropped by these. */
const OPTIONS = {
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  connectionsCheckingInterval: 5000,
  maxHeaderSize: 16 * 1024,
  // Longer than between two scrapes, so that these need no new handshake.
  keepAliveTimeout: 75_000,
};
const MOST_CONNECTIONS = 500;

/** Rejects where one of the addresses can't be had, with the system's error; none of them is then left open. */
export async function startWeb(
  app: RequestListener,
  addresses: readonly ListenAddress[],
  { tls, onRefusedHandshake = () => undefined }: WebOptions = {},
): Promise<Web> {
  const servers: Server[] = [];
  const sockets = new Set<Socket>();
  const close = async (): Promise<void> => {
    await Promise.all(servers.map((server) => closeServer(server, sockets)));
  };
  try {
    const urls: string[] = [];
    for (const { host, port } of addresses) {
      const server = tls ? createTlsServer(tls, OPTIONS, app, onRefusedHandshake) : createServer(OPTIONS, app);
      servers.push(server);
      server.maxConnections = MOST_CONNECTIONS;
      server.on('connection', (socket: Socket) => {
        sockets.add(socket);
        socket.once('close', () => sockets.delete(socket));
      });
      server.on('clientError', refuse);
      server.on('connect', (_request, socket: Socket) => answer(socket, '405 Method Not Allowed'));
      // Without a host Node.js listens on all interfaces, and on those of IPv4 where there is no IPv6.
      server.listen(port, host);
      await once(server, 'listening');
      urls.push(urlOf(server.address() as AddressInfo, host, tls ? 'https' : 'http'));
    }
    const renew = (settings: TlsSettings): void => {
      for (const server of servers) if (server instanceof TlsServer) renewTls(server, settings);
    };
    return { urls, renewTls: renew, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function closeServer(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  // Also those that are still shaking hands.
  const cutOff = setTimeout(() => {
    for (const socket of sockets) socket.destroy();
  }, FINISH_MS);
  await closed;
  clearTimeout(cutOff);
}

const REFUSALS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** What is no HTTP, too large or too slow. It never becomes a request. */
function refuse({ code = '' }: Error & { code?: string }, socket: Socket): void {
  const status = REFUSALS[code] ?? (code.startsWith('HPE_') ? '400 Bad Request' : undefined);
  if (status === undefined) socket.destroy();
  else answer(socket, status);
}

function answer(socket: Socket, status: string): void {
  const text = `${status.slice(4)}.\n`;
  const head = ['Connection: close', 'Content-Type: text/plain', 'X-Content-Type-Options: nosniff'];
  if (socket.writable)
    socket.write(`HTTP/1.1 ${status}\r\n${head.join('\r\n')}\r\nContent-Length: ${text.length}\r\n\r\n${text}`);
  socket.destroySoon();
}

function urlOf({ port, address, family }: AddressInfo, host: string | undefined, scheme: string): string {
  const name = host === undefined ? 'localhost' : family === 'IPv6' ? `[${address}]` : address;
  return `${scheme}://${name}:${port}`;
}
