/** The TLS server: its settings, client certificates, and a renewed certificate without a restart. */
import type { X509Certificate } from 'node:crypto';
import type { RequestListener, ServerOptions } from 'node:http';
import { createServer, type Server } from 'node:https';
import { isIP } from 'node:net';
import type { SecureContextOptions, TLSSocket } from 'node:tls';

export const HANDSHAKE_MS = 10_000;

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

export interface RenewableServer {
  readonly server: Server;
  /** New connections use the new settings, except `clientAuthType`. No older session is resumed. */
  renew(settings: TlsSettings): void;
}

/** @param onHandshakeFailure gets the reason */
export function createTlsServer(
  settings: TlsSettings,
  options: ServerOptions,
  listener: RequestListener,
  onHandshakeFailure: (reason: string) => void,
): RenewableServer {
  const { clientAuthType } = settings;
  let allowedNames = settings.allowedClientNames;
  const server = createServer(
    {
      ...options,
      ...settings.context(),
      handshakeTimeout: HANDSHAKE_MS,
      requestCert: clientAuthType !== 'NoClientCert',
      rejectUnauthorized: clientAuthType === 'RequireAndVerifyClientCert',
    },
    listener,
  );
  server.on('tlsClientError', (error: Error & { code?: string }) => onHandshakeFailure(error.code ?? 'unknown'));
  // OpenSSL does not check these; this runs before the HTTP parser gets the connection.
  server.prependListener('secureConnection', (socket: TLSSocket) => {
    const problem = problemWithClient(socket, clientAuthType, allowedNames);
    if (problem === undefined) return;
    onHandshakeFailure(problem);
    socket.destroy();
  });
  return {
    server,
    renew(next) {
      allowedNames = next.allowedClientNames;
      server.setSecureContext(next.context());
      server.closeIdleConnections();
    },
  };
}

function problemWithClient(
  socket: TLSSocket,
  authType: TlsSettings['clientAuthType'],
  allowedNames: TlsSettings['allowedClientNames'],
): string | undefined {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined)
    return authType === 'RequireAnyClientCert' ? 'the client has no certificate' : undefined;
  if (authType === 'VerifyClientCertIfGiven' && !socket.authorized) return String(socket.authorizationError);
  const isAllowed = allowedNames === undefined || allowedNames.some((name) => hasName(certificate, name));
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
