/** The listening sockets: their addresses, how long a connection may be idle, and how they close. */
import { once } from 'node:events';
import { chmod, lstat, unlink } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { createTlsServer, type RenewableServer, type TlsSettings } from './tls.ts';

export type ListenAddress =
  /** Without a host: all interfaces. */
  | { readonly host?: string; readonly port: number }
  /** The absolute path of a Unix socket. */
  | { readonly socket: string };

export interface WebOptions {
  /** Absent: plain HTTP. */
  readonly tls?: TlsSettings | undefined;
  onHandshakeFailure?(reason: string): void;
  readonly timeouts?: typeof TIMEOUTS;
}

export interface Web {
  /** One URL per listen address; a Unix socket is `unix:` and its path. */
  readonly urls: readonly string[];
  /** For new connections; does nothing with plain HTTP. */
  renewTls(settings: TlsSettings): void;
  /** Accepts no new requests, and gives running ones 3 seconds to finish. */
  close(): Promise<void>;
}

/** Timeouts in milliseconds, with Node.js' names. They close connections that send nothing or send very slowly. */
export const TIMEOUTS = {
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  connectionsCheckingInterval: 5000,
  // Longer than the usual scrape interval, so that scrapes reuse their connection.
  keepAliveTimeout: 75_000,
};
export const MAX_HEADER_BYTES = 16 * 1024;
export const MAX_CONNECTIONS = 500;
const FINISH_MS = 3000;

/** Without TLS there is nothing to renew. */
type Opened = { readonly server: Server } & Partial<Pick<RenewableServer, 'renew'>>;

/** Rejects with the system's error if one of the addresses is not available; then none stays open. */
export async function startWeb(
  app: RequestListener,
  addresses: readonly ListenAddress[],
  { tls, onHandshakeFailure = () => undefined, timeouts = TIMEOUTS }: WebOptions = {},
): Promise<Web> {
  const options = { ...timeouts, maxHeaderSize: MAX_HEADER_BYTES };
  const servers: Opened[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(servers.map(({ server }) => closeServer(server)));
  };
  try {
    const urls: string[] = [];
    for (const address of addresses) {
      const opened: Opened = tls
        ? createTlsServer(tls, options, app, onHandshakeFailure)
        : { server: createServer(options, app) };
      const { server } = opened;
      servers.push(opened);
      server.maxConnections = MAX_CONNECTIONS;
      if ('socket' in address) {
        await listenOnSocket(server, address.socket);
        urls.push(`unix:${address.socket}`);
        continue;
      }
      // Without a host Node.js listens on all interfaces, also on a system without IPv6.
      server.listen(address.port, address.host);
      await once(server, 'listening');
      urls.push(urlOf(server.address() as AddressInfo, address.host, tls ? 'https' : 'http'));
    }
    const renewTls = (settings: TlsSettings): void => {
      for (const { renew } of servers) renew?.(settings);
    };
    return { urls, renewTls, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Owner and group may connect, so that a proxy in the exporter's group can. */
const SOCKET_MODE = 0o660;

/** Node.js removes the file when the server closes. A file that a dead process has left behind is replaced. */
async function listenOnSocket(server: Server, path: string): Promise<void> {
  if (await isLeftBehind(path)) await unlink(path);
  server.listen(path);
  await once(server, 'listening');
  await chmod(path, SOCKET_MODE);
}

/** Whether the path is a socket that no process listens on. Connecting to another kind of file is refused, too. */
async function isLeftBehind(path: string): Promise<boolean> {
  const file = await lstat(path).catch(() => undefined);
  if (!file?.isSocket()) return false;
  const probe = connect(path);
  const refused = once(probe, 'connect').then(
    () => false,
    ({ code }: NodeJS.ErrnoException) => code === 'ECONNREFUSED',
  );
  return refused.finally(() => probe.destroy());
}

async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  await Promise.race([closed, delay(FINISH_MS, undefined, { ref: false })]);
  server.closeAllConnections();
}

function urlOf({ port, address, family }: AddressInfo, host: string | undefined, scheme: string): string {
  const name = host === undefined ? 'localhost' : family === 'IPv6' ? `[${address}]` : address;
  return `${scheme}://${name}:${port}`;
}
