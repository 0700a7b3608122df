/**
 * A tunnel through an HTTP proxy: CONNECT, as RFC 9110 section 9.3.6 describes it. If the proxy does not open the
 * tunnel, the result is a `network` error that names the proxy and gives advice; it never counts as an answer of Atlas.
 * Each socket has an error listener until it is closed, because an error without a listener would end the program.
 */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, isIPv6, type Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import { BOUNDS } from '../bounds.ts';
import { AtlasError, codeOf, tlsAdvice } from '../error.ts';

/** An HTTP proxy that all requests to an https:// address go through. */
export interface HttpProxy {
  readonly address: string;
  /** The URL with its password. It is a function so that printed settings do not show the password. */
  readonly url: () => URL;
}

export interface TunnelOptions {
  readonly host?: string | null | undefined;
  readonly port?: number | string | null | undefined;
  /** The signal of the exchange: its deadline also ends the CONNECT. */
  readonly exchangeSignal: AbortSignal;
  readonly autoSelectFamilyAttemptTimeout: number;
  readonly secureContext?: SecureContext;
}

/** @throws AtlasError */
export async function openTunnel(proxy: HttpProxy, options: TunnelOptions): Promise<Socket> {
  const { exchangeSignal: signal, autoSelectFamilyAttemptTimeout, secureContext } = options;
  const connection = { autoSelectFamilyAttemptTimeout, ...(secureContext ? { secureContext } : {}) };
  const { protocol, hostname, port, username, password } = proxy.url();
  const isTls = protocol === 'https:';
  const host = withoutBrackets(hostname);
  const name = options.host ?? '';
  const target = `${isIPv6(name) ? `[${name}]` : name}:${options.port}`;
  const isKnown = username !== '' || password !== '';
  const request = (isTls ? httpsRequest : httpRequest)({
    method: 'CONNECT',
    host,
    port: port === '' ? (isTls ? 443 : 80) : Number(port),
    path: target,
    setHost: false,
    headers: {
      host: target,
      connection: 'keep-alive',
      ...(isKnown ? { 'proxy-authorization': basic(username, password) } : {}),
    },
    // By default Node would use the name in the Host header, which is the name of Atlas.
    servername: isIP(host) ? '' : host,
    agent: false,
    maxHeaderSize: BOUNDS.headerBytes,
    signal,
    ...connection,
  });
  return new Promise((resolve, reject) => {
    // Node emits `connect` for every answer to CONNECT.
    request.once('connect', ({ statusCode = 0 }: IncomingMessage, socket: Socket) => {
      socket.on('error', () => undefined);
      if (statusCode >= 200 && statusCode < 300) return resolve(socket);
      socket.destroy();
      reject(refused(proxy, target, statusCode, isKnown));
    });
    request.on('error', (error) => reject(failed(proxy, error, isTls)));
    request.end();
  });
}

function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64')}`;
}

/** A percent sign without a valid code is kept as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function withoutBrackets(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}

const NO_PROXY = 'or add the host to NO_PROXY if it can be reached without a proxy';

function refused({ address }: HttpProxy, target: string, status: number, isKnown: boolean): AtlasError {
  const advice = {
    403: `allow CONNECT to ${target} at the proxy, ${NO_PROXY}`,
    407: isKnown
      ? 'check the user and the password in HTTPS_PROXY: special characters must be percent-encoded; only Basic is supported'
      : 'the proxy requires a user and a password: set HTTPS_PROXY to http://USER:PASSWORD@HOST:PORT, with special characters percent-encoded',
    429: 'raise the limits of the proxy for this host: the proxy refuses the request, not Atlas',
  }[status];
  const usual =
    status >= 500
      ? `check whether the proxy can reach ${target}: the proxy’s log shows the cause`
      : `check that HTTPS_PROXY is the address of a proxy that allows CONNECT to ${target}, ${NO_PROXY}`;
  return new AtlasError('network', `the proxy ${address} answers CONNECT with ${status}`, { advice: advice ?? usual });
}

function failed({ address }: HttpProxy, error: Error, isTls: boolean): AtlasError {
  const code = codeOf(error);
  const shown = code === undefined ? '' : ` (${code})`;
  // Error codes of Node and OpenSSL for an answer that is not TLS.
  const speaksPlain = code !== undefined && /^(EPROTO|ERR_SSL_(WRONG_VERSION|PACKET_LENGTH)\w*)$/.test(code);
  const problem = `the proxy ${address} opens no connection${shown}`;
  const advice =
    isTls && speaksPlain
      ? 'write http:// instead of https:// in HTTPS_PROXY: this proxy does not speak TLS'
      : (tlsAdvice(code) ?? `check HTTPS_PROXY and that the proxy runs and accepts this host, ${NO_PROXY}`);
  return new AtlasError('network', problem, { advice });
}
