/**
 * Real forward proxies on loopback, over plain TCP or TLS, with the faults that a test chooses; also an Atlas with TLS.
 */
import { readFileSync } from 'node:fs';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { HttpProxy } from '../../src/atlas/http/tunnel.ts';
import { closeLater } from './atlas.ts';
import type { Certificate } from './certificates.ts';

export interface Tunnel {
  /** The connection to the client: TLS if it is an https:// proxy. */
  readonly socket: Socket;
  /** The underlying TCP connection. */
  readonly raw: Socket;
  /** The head of the CONNECT request. */
  readonly head: string;
  /** Opens the tunnel, as a correct proxy does. */
  open(): void;
}

export interface ProxyBehaviour {
  /** What happens to a new TCP connection, before any TLS. Return true to leave it at that. */
  onConnection?(raw: Socket): boolean;
  /** Default: opens the tunnel. */
  onConnect?(tunnel: Tunnel): void;
}

/** @param certificate makes it an https:// proxy */
export async function startProxy(
  { onConnection, onConnect = ({ open }) => open() }: ProxyBehaviour,
  certificate?: Certificate,
) {
  const heads: string[] = [];
  const sockets = new Set<Socket>();
  const tls = certificate && pairOf(certificate);
  const server = createServer((raw) => {
    remember(raw);
    if (onConnection?.(raw)) return;
    const socket = tls ? new TLSSocket(raw, { isServer: true, ...tls }) : raw;
    remember(socket);
    socket.once('data', (data) => {
      const head = String(data);
      heads.push(head);
      onConnect({ socket, raw, head, open: () => openTunnel(socket, head) });
    });
  });

  function remember(socket: Socket): void {
    sockets.add(socket.on('error', () => undefined).on('close', () => sockets.delete(socket)));
  }

  function openTunnel(socket: Socket, head: string): void {
    const [, host = '', port = ''] = /^CONNECT (\S+):(\d+) /.exec(head) ?? [];
    const target = connect(Number(port), host.replace(/^\[|\]$/g, ''));
    remember(target);
    target.once('connect', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(target).pipe(socket);
    });
    target.on('close', () => socket.end());
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closeLater({
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  });
  const { port } = server.address() as AddressInfo;
  const address = `127.0.0.1:${port}`;
  const scheme = tls ? 'https' : 'http';
  const proxyAs = (user = ''): HttpProxy => ({ address, url: () => new URL(`${scheme}://${user}${address}`) });
  return { address, url: `${scheme}://${address}`, proxyAs, proxy: proxyAs(), heads, sockets };
}

/** An Atlas with TLS that answers `{}` to everything. */
export async function startTlsAtlas(certificate: Certificate) {
  const server = createHttpsServer(pairOf(certificate), (_request, response) => response.end('{}'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closeLater({
    close() {
      server.closeAllConnections();
      server.close();
    },
  });
  return { baseUrl: `https://localhost:${(server.address() as AddressInfo).port}` };
}

function pairOf({ certFile, keyFile }: Certificate) {
  return { cert: readFileSync(certFile), key: readFileSync(keyFile) };
}
