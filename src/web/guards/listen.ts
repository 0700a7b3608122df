/** The listening sockets: addresses, TLS, client certificates, how long a connection may be idle, and how the sockets close. */
import type { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { chmod, lstat, unlink } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer, Server as TlsServer } from 'node:https';
import { type AddressInfo, connect, isIP } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { SecureContextOptions, TLSSocket } from 'node:tls';

export type ListenAddress =
  /** Without a host: all interfaces. */
  | { readonly host?: string; readonly port: number }
  /** The absolute path of a Unix socket. */
  | { readonly socket: string };

/** As in the exporter-toolkit. */
type ClientAuthType =
  | 'NoClientCert'
  | 'RequestClientCert'
  | 'RequireAnyClientCert'
  | 'VerifyClientCertIfGiven'
  | 'RequireAndVerifyClientCert';

export interface TlsSettings {
  /** Certificates, key, versions and ciphers. A function, so that printed settings do not show the key. */
  context(): SecureContextOptions;
  /** Unix time at which the server's certificate expires. */
  readonly expiresAtSeconds: number;
  /** Absolute path of the key. */
  readonly keyFile: string;
  /** `RequestClientCert` and `RequireAnyClientCert` accept certificates without verifying them. */
  readonly clientAuthType: ClientAuthType;
  /** A client's certificate must have one of these subject alternative names. */
  readonly allowedClientNames?: readonly string[];
}

export interface WebOptions {
  /** Absent: plain HTTP. */
  readonly tls?: TlsSettings | undefined;
  onHandshakeFailure?(reason: string): void;
  readonly timeouts?: typeof TIMEOUTS;
}

export type Web = Awaited<ReturnType<typeof startWeb>>;

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
export const HANDSHAKE_MS = 10_000;
const FINISH_MS = 3000;

/** Rejects with the system's error if one of the addresses is not available; then none stays open. */
export async function startWeb(
  app: RequestListener,
  addresses: readonly ListenAddress[],
  { tls, onHandshakeFailure = () => undefined, timeouts = TIMEOUTS }: WebOptions = {},
) {
  const options = { ...timeouts, maxHeaderSize: MAX_HEADER_BYTES };
  const servers: Server[] = [];
  let current = tls;

  function createSecure(settings: TlsSettings): TlsServer {
    const server = createTlsServer(
      {
        ...options,
        ...settings.context(),
        handshakeTimeout: HANDSHAKE_MS,
        requestCert: settings.clientAuthType !== 'NoClientCert',
        rejectUnauthorized: settings.clientAuthType === 'RequireAndVerifyClientCert',
      },
      app,
    );
    server.on('tlsClientError', (error: Error & { code?: string }) => onHandshakeFailure(error.code ?? 'unknown'));
    // OpenSSL does not check these; this runs before the HTTP parser gets the connection.
    server.prependListener('secureConnection', (socket: TLSSocket) => {
      const problem = problemWithClient(socket, current ?? settings);
      if (problem === undefined) return;
      onHandshakeFailure(problem);
      socket.destroy();
    });
    return server;
  }

  /** New connections use the new settings, except `clientAuthType`. No older session is resumed. */
  function renewTls(settings: TlsSettings): void {
    current = settings;
    for (const server of servers) {
      if (!(server instanceof TlsServer)) continue;
      server.setSecureContext(settings.context());
      server.closeIdleConnections();
    }
  }

  /** Accepts no new requests, and gives running ones 3 seconds to finish. */
  async function close(): Promise<void> {
    const open = servers.filter(({ listening }) => listening);
    const closed = Promise.all(open.map((server) => once(server, 'close')));
    for (const server of open) server.close();
    await Promise.race([closed, delay(FINISH_MS, undefined, { ref: false })]);
    for (const server of open) server.closeAllConnections();
  }

  try {
    /** One URL per listen address; a Unix socket is `unix:` and its path. */
    const urls: string[] = [];
    for (const address of addresses) {
      const server = tls ? createSecure(tls) : createServer(options, app);
      servers.push(server);
      server.maxConnections = MAX_CONNECTIONS;
      if ('socket' in address) {
        await listenOnSocket(server, address.socket);
        urls.push(`unix:${address.socket}`);
        continue;
      }
      // Without a host Node.js listens on all interfaces, also on a system without IPv6.
      server.listen(address.port, address.host);
      await once(server, 'listening');
      const bound = server.address() as AddressInfo;
      const ownAddress = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
      urls.push(`${tls ? 'https' : 'http'}://${address.host === undefined ? 'localhost' : ownAddress}:${bound.port}`);
    }
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

function problemWithClient(socket: TLSSocket, { clientAuthType, allowedClientNames }: TlsSettings) {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined)
    return clientAuthType === 'RequireAnyClientCert' ? 'the client has no certificate' : undefined;
  if (clientAuthType === 'VerifyClientCertIfGiven' && !socket.authorized) return String(socket.authorizationError);
  const isAllowed = allowedClientNames?.some((name) => hasName(certificate, name)) ?? true;
  return isAllowed ? undefined : 'the client certificate has no allowed name';
}

/**
 * Node.js writes `DNS:a, URI:b`, with quotes around a value with a comma or a quote. Sticky, so that nothing inside
 * quotes counts.
 */
const NAMES = /(?:, )?([^:,"]+):((?:[^",]|"(?:[^"\\]|\\.)*")*)(?=, |$)/gy;
const COMPARED = ['DNS', 'URI', 'email'];

/** Whether a certificate has this subject alternative name, without wildcards. */
export function hasName(certificate: Pick<X509Certificate, 'subjectAltName' | 'checkIP'>, name: string): boolean {
  if (isIP(name) > 0) return certificate.checkIP(name) !== undefined;
  const names = [...(certificate.subjectAltName ?? '').matchAll(NAMES)];
  return names.some(
    ([, kind = '', text = '']) => COMPARED.includes(kind) && (text.startsWith('"') ? JSON.parse(text) : text) === name,
  );
}
