/** Parses the texts of flags. A problem says which values are valid; the caller adds the name of the flag. */
import { isIPv6 } from 'node:net';
import type { Shard } from '../polling/targets.ts';
import type { Checked } from '../support/checked.ts';
import { listed } from '../support/words.ts';
import type { ListenAddress } from '../web/guards/listen.ts';

const LISTEN_ADDRESS_FORM =
  'write host:port, or :19017 for all interfaces; an IPv6 address goes in brackets, such as [::1]:19017; TLS is set up with --web.config.file';
export const HEALTH_PATH = '/-/healthy';
/** Linux allows 107 bytes, macOS 103. */
const MOST_SOCKET_BYTES = 103;

export function parseListenAddress(text: string): Checked<ListenAddress> {
  if (text.startsWith('unix:')) {
    const socket = text.slice('unix:'.length);
    const problem = `must be unix: and an absolute path of at most ${MOST_SOCKET_BYTES} bytes, such as unix:/run/exporter/web.sock`;
    return /^\/[^/]/.test(socket) && Buffer.byteLength(socket) <= MOST_SOCKET_BYTES
      ? { value: { socket } }
      : { problem };
  }
  const [, inBrackets, name, digits] = /^(?:\[(.*)\]|([A-Za-z0-9._-]*)):([0-9]+)$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits === undefined || (inBrackets !== undefined && !isIPv6(inBrackets)))
    return { problem: LISTEN_ADDRESS_FORM };
  if (port > 65_535) return { problem: 'the port must be from 0 to 65535' };
  const host = inBrackets ?? name ?? '';
  return { value: host === '' ? { port } : { host, port } };
}

/** A host as in the Host header: in lower case, an IPv6 address in brackets. */
export function parseAllowedHost(text: string): Checked<string> {
  if (isIPv6(text.replace(/^\[(.*)\]$/, '$1'))) return { value: `[${text.replaceAll(/[[\]]/g, '').toLowerCase()}]` };
  const problem = 'must be a host name or an address, without scheme and port, such as exporter.example';
  return /^[A-Za-z0-9._-]+$/.test(text) ? { value: text.toLowerCase() } : { problem };
}

export function parseTelemetryPath(text: string): Checked<string> {
  // Other characters are special for the router, and clients normalize `/./` and `/../` before they send a path.
  if (!/^\/(?:[A-Za-z0-9._~-]+\/)*[A-Za-z0-9._~-]*$/.test(text) || /\/\.{1,2}(?:\/|$)/.test(text)) {
    return { problem: 'must begin with / and be a plain path of letters, digits and . _ ~ -, such as /metrics' };
  }
  return /^\/(?:$|(?:-|api|targets|config)(?:\/|$))/i.test(text)
    ? { problem: 'is in use: choose another than /, /config, /targets/…, /api/… and /-/…, such as /metrics' }
    : { value: text };
}

/** Accepts a Unix socket as listen addresses have it, or an origin or the address of the health page; returns the latter. */
export function parseHealthUrl(text: string): Checked<string> {
  if (text.startsWith('unix:')) {
    const address = parseListenAddress(text);
    return 'problem' in address ? address : { value: text };
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isOrigin =
    url && /^https?:$/.test(url.protocol) && [`${url.origin}/`, url.origin + HEALTH_PATH].includes(url.href);
  return isOrigin
    ? { value: url.origin + HEALTH_PATH }
    : { problem: 'must be a URL without user, path and query, such as http://127.0.0.1:19017' };
}

/** The URL of the health page of an exporter on this host. If it listens on all interfaces, the URL uses loopback. */
export function healthUrlAt(address: ListenAddress): Checked<string> {
  if ('socket' in address) return { value: `unix:${address.socket}` };
  const { host = '', port } = address;
  if (port === 0) return { problem: 'has no fixed port: give the address of the exporter with --url' };
  const loopback: Readonly<Record<string, string>> = { '': '127.0.0.1', '0.0.0.0': '127.0.0.1', '::': '[::1]' };
  return { value: `http://${loopback[host] ?? (isIPv6(host) ? `[${host}]` : host)}:${port}${HEALTH_PATH}` };
}

export function parseNumber(min: number, max: number, what: 'a number' | 'a whole number') {
  const form = what === 'a number' ? /^[0-9]+(?:\.[0-9]+)?$/ : /^[0-9]+$/;
  return (text: string): Checked<number> => {
    const value = form.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max ? { value } : { problem: `must be ${what} from ${min} to ${max}` };
  };
}

export function parseChoice<const T extends string>(...choices: readonly T[]) {
  return (text: string): Checked<T> => {
    const value = choices.find((choice) => choice === text);
    return value === undefined ? { problem: `must be ${listed(choices, 'or')}` } : { value };
  };
}

export function parseSwitch(text: string): Checked<boolean> {
  if (text === 'true' || text === '1') return { value: true };
  if (text === 'false' || text === '0') return { value: false };
  return { problem: 'must be true, false, 1 or 0' };
}

/** Refuses a value that looks like a flag, because then the value was forgotten. */
export function parseText(text: string): Checked<string> {
  return text === '' || text.startsWith('--') ? { problem: 'needs a value' } : { value: text };
}

export const MOST_SHARDS = 1000;

/**
 * The shard of this process; undefined if it watches all projects.
 * @param hostname the name of a pod of a StatefulSet ends in its number: `exporter-2` is the third pod
 */
export function parseShard(index?: number, count?: number, hostname?: string): Checked<Shard | undefined> {
  if (count === undefined) {
    return index === undefined
      ? { value: undefined }
      : { problem: '--shard.index: has no effect without --shard.count' };
  }
  const digits = /-([0-9]{1,6})$/.exec(hostname ?? '')?.[1];
  if (index === undefined && digits === undefined && count > 1) {
    const reason = 'HOSTNAME does not end in the number of a pod of a StatefulSet, as exporter-0 does';
    return { problem: `--shard.count: ${reason}: give --shard.index too` };
  }
  const own = index ?? Number(digits ?? 0);
  if (own < count) return { value: { index: own, count } };
  return {
    problem:
      index === undefined
        ? `--shard.count ${count}: is too small for this pod, which has the number ${own} in its HOSTNAME: it must be the number of replicas`
        : `--shard.index ${index}: must be less than --shard.count (${count}): the first shard is 0`,
  };
}
