/**
 * The address of Atlas, its proxy, and additional trusted certificates. The variables of proxies are interpreted as Go
 * and curl do, so that Atlas' own tools use the same proxy.
 */
import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';
import { dirname, resolve } from 'node:path';
import type { AtlasSettings } from '../atlas/atlas.ts';
import type { HttpProxy } from '../atlas/http/tunnel.ts';
import type { Checked } from '../support/checked.ts';
import { type Mapping, type Report, valueAt } from './problems.ts';
import { firstSet, type PlaceOf, type SecretPlace } from './secrets.ts';
import { readPem } from './web/tls.ts';

const CA_FILE = ['atlas', 'ca_file'];
/** The certificates of `atlas.ca_file`. Undefined without this key, and if the file is invalid. */
export async function readCaFile(keys: Mapping, placeOf: PlaceOf, report: Report): Promise<AtlasSettings['ca']> {
  const text = valueAt(keys, CA_FILE);
  if (typeof text !== 'string' || text === '') return undefined;
  const place = placeOf(CA_FILE);
  const file = resolve(dirname(place.configFile), text);
  const own = await readPem(file, place.files);
  if ('problem' in own) {
    report.add(CA_FILE, own.problem);
    return undefined;
  }
  // With certificates of our own, Node.js 20 no longer trusts those of NODE_EXTRA_CA_CERTS, so they are added again. If
  // they cannot be read, Node.js prints a warning.
  const extraFile = place.env['NODE_EXTRA_CA_CERTS'] ?? '';
  const extra = extraFile === '' ? own : await readPem(resolve(extraFile), place.files);
  return { file, pem: 'value' in extra && extra !== own ? `${own.value}\n${extra.value}` : own.value };
}

type ProxySource = Pick<SecretPlace, 'env' | 'onSecret'>;

/** @param baseUrl for plain HTTP, which is only for a test server on this host, no proxy is used */
export function proxyFromEnvironment({ env, onSecret }: ProxySource, baseUrl: string): Checked<HttpProxy | undefined> {
  // Lower case has precedence.
  const name = firstSet(['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'], env) ?? '';
  const text = env[name] ?? '';
  const exempt = env[firstSet(['no_proxy', 'NO_PROXY'], env) ?? ''] ?? '';
  if (text === '' || !baseUrl.startsWith('https:') || isExempt(new URL(baseUrl), exempt)) return { value: undefined };
  // Problems do not repeat the address, because it may contain a password.
  const address = text.includes('://') ? text : `http://${text}`;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined) return { problem: `${name}: must be a URL such as http://proxy.example:3128` };
  for (const form of [url.password, decoded(url.password)]) if (form !== '') onSecret?.(form);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    const problem = `${name}: must begin with http:// or https://: other kinds of proxies, such as SOCKS, are not supported; if Atlas can be reached without a proxy, add its host to NO_PROXY`;
    return { problem };
  }
  const port = url.port === '' ? DEFAULT_PORTS[url.protocol] : url.port;
  return { value: { address: `${url.hostname}:${port}`, url: () => new URL(address) } };
}

const DEFAULT_PORTS = { 'http:': '80', 'https:': '443' };

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * Whether NO_PROXY covers the host. Its entries: `*`; a domain, with its subdomains; `.domain` or `*.domain`, its subdomains
 * alone; an address; a range such as 10.0.0.0/8. All but ranges may end with a port.
 */
function isExempt({ hostname, port }: URL, list: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  const entries = list.toLowerCase().split(/[\s,]+/);
  return entries.some((entry) => entry !== '' && covers(entry, host, port === '' ? '443' : port));
}

function covers(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true;
  const [, range = '', bits] = /^\[?([^\]/]+)\]?\/(\d+)$/.exec(entry) ?? [];
  if (bits !== undefined) return isInRange(host, range, Number(bits));
  // An IPv6 address with a port is in brackets.
  const [, name = '', ownPort = port] = isIPv6(entry) ? [entry, entry] : (/^\[?(.+?)\]?(?::(\d+))?$/.exec(entry) ?? []);
  if (ownPort !== port) return false;
  if (isIP(name) !== 0) return isInRange(host, name, isIPv6(name) ? 128 : 32);
  const domain = name.replace(/^\*/, '').replace(/\.$/, '');
  return domain.startsWith('.') ? host.endsWith(domain) : host === domain || host.endsWith(`.${domain}`);
}

function isInRange(host: string, network: string, bits: number): boolean {
  const family = isIPv6(network) ? 'ipv6' : 'ipv4';
  if (isIP(host) === 0 || isIP(network) === 0 || bits > (family === 'ipv6' ? 128 : 32)) return false;
  const range = new BlockList();
  range.addSubnet(network, bits, family);
  return range.check(host, isIPv6(host) ? 'ipv6' : 'ipv4');
}

/** Whether credentials are sent only to MongoDB or to this host. */
export function isOfMongodb(baseUrl: string): boolean {
  return isLoopback(new URL(baseUrl).hostname) || atlasPages(baseUrl) !== undefined;
}

/** The origin of the Atlas user interface; undefined if the API is not at an address of Atlas, but at a proxy or simulator. */
export function atlasPages(baseUrl: string): string | undefined {
  const { hostname, origin } = new URL(baseUrl);
  return /(?:^|\.)mongodb(?:gov)?\.com$/.test(hostname) ? origin : undefined;
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || (isIPv4(hostname) && hostname.startsWith('127.'));
}

/**
 * Parses the address of Atlas into an origin. It must be https, because credentials are sent there, except for a server
 * on this host. A problem does not repeat the address, because it may contain a password.
 */
export function parseBaseUrl(text: string): Checked<string> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.href !== `${url.origin}/`) {
    return { problem: 'must be a URL without user, path and query, such as https://cloud.mongodb.com' };
  }
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))
    ? { value: url.origin }
    : { problem: 'must begin with https://: http:// is allowed for loopback addresses only' };
}

/** Parses an address for links. All readers of the pages see it, so it must contain no password. */
export function parseWebAddress(text: string): Checked<string> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url && /^https?:$/.test(url.protocol) && url.username === '' && url.password === ''
    ? { value: url.href }
    : { problem: 'must be a URL that begins with https:// or http://, without a user, because the pages show it' };
}

/** Parses the address of a folder, to which links append the name of a file. */
export function parseWebFolder(text: string): Checked<string> {
  return /[?#]/.test(text)
    ? { problem: 'must not contain ? or #, because names of files are appended' }
    : parseWebAddress(text);
}
