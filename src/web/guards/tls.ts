/** The TLS server: its settings, client certificates, and a renewed certificate without a restart. */
import { constants } from 'node:crypto';
import type { RequestListener, ServerOptions } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { SecureContextOptions, TLSSocket } from 'node:tls';
import type { TlsSettings } from './settings.ts';

export const HANDSHAKE_MS = 10_000;

/** @param onHandshakeFailure gets the reason */
export function createTlsServer(
  settings: TlsSettings,
  options: ServerOptions,
  listener: RequestListener,
  onHandshakeFailure: (reason: string) => void,
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
  server.on('tlsClientError', (error: Error & { code?: string }) => onHandshakeFailure(error.code ?? 'unknown'));
  // With `if_given` OpenSSL accepts any certificate; this runs before the HTTP parser gets the connection.
  server.prependListener('secureConnection', (socket: TLSSocket) => {
    if (clientCertificates !== 'if_given' || socket.authorized || socket.getPeerX509Certificate() === undefined) return;
    onHandshakeFailure(String(socket.authorizationError));
    socket.destroy();
  });
  return server;
}

/**
 * New connections use the new certificate, authorities, versions and ciphers; older sessions are not resumed, idle connections
 * are closed. `clientCertificates` stays as it was at the start.
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
