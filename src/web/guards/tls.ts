/** TLS over the listener: how it begins, and how a renewed certificate gets in without a restart. */
import { constants } from 'node:crypto';
import type { RequestListener, ServerOptions } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { SecureContextOptions, TLSSocket } from 'node:tls';

export interface TlsSettings {
  /** PEM, as are the others. */
  readonly cert: Buffer;
  readonly key: () => Buffer;
  /** Who signs clients' certificates. */
  readonly clientAuthorities?: Buffer;
  readonly clientCertificates: 'none' | 'if_given' | 'required';
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  readonly maxVersion: 'TLSv1.2' | 'TLSv1.3';
  readonly ciphers: string;
  readonly preferServerCiphers: boolean;
}

const HANDSHAKE_MS = 10_000;

/** @param onRefused is told why a handshake failed */
export function createTlsServer(
  settings: TlsSettings,
  options: ServerOptions,
  listener: RequestListener,
  onRefused: (reason: string) => void,
): Server {
  const { clientCertificates } = settings;
  const server = createServer(
    {
      ...options,
      ...contextOf(settings),
      handshakeTimeout: HANDSHAKE_MS,
      requestCert: clientCertificates !== 'none',
      rejectUnauthorized: clientCertificates === 'required',
    },
    listener,
  );
  server.on('tlsClientError', (error: Error & { code?: string }) => onRefused(error.code ?? 'unknown'));
  // Before HTTP gets hold of the connection.
  server.prependListener('secureConnection', (socket: TLSSocket) => {
    if (clientCertificates !== 'if_given' || socket.authorized || socket.getPeerX509Certificate() === undefined) return;
    onRefused(String(socket.authorizationError));
    socket.destroy();
  });
  return server;
}

/**
 * New connections meet the new certificate, authorities, versions and ciphers; sessions from before are not resumed, idle
 * connections end. Whether clients show a certificate stays as it is.
 */
export function renewTls(server: Server, settings: TlsSettings): void {
  server.setSecureContext(contextOf(settings));
  server.closeIdleConnections();
}

function contextOf(settings: TlsSettings): SecureContextOptions {
  const { cert, key, clientAuthorities, minVersion, maxVersion, ciphers, preferServerCiphers } = settings;
  return {
    cert,
    key: key(),
    ...(clientAuthorities && { ca: clientAuthorities }),
    minVersion,
    maxVersion,
    ciphers,
    honorCipherOrder: preferServerCiphers,
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  };
}
