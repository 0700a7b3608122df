/**
 * The proxy for requests to Atlas, from HTTPS_PROXY, ALL_PROXY and NO_PROXY (or in lower case, which count first). They are read
 * as Go and curl read them, so that Atlas' own tools and this program go the same way.
 */
import { BlockList, isIP, isIPv6 } from 'node:net';
import type { HttpProxy } from '../atlas/http/tunnel.ts';
import type { Checked } from '../support/checked.ts';
import type { Environment } from './secrets.ts';

/** The first that is set counts. */
const PROXY_VARIABLES = ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'];
const NO_PROXY_VARIABLES = ['no_proxy', 'NO_PROXY'];

/** @param baseUrl plain HTTP is for a stand-in on this host: it goes through no proxy */
export function proxyFromEnvironment(
  env: Environment,
  baseUrl: string,
  onSecret?: (secret: string) => void,
): Checked<HttpProxy | undefined> {
  const [name = '', text = ''] = firstSet(env, PROXY_VARIABLES);
  const [, exempt = ''] = firstSet(env, NO_PROXY_VARIABLES);
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

function firstSet(env: Environment, names: readonly string[]): readonly [name?: string, value?: string] {
  const name = names.find((one) => (env[one] ?? '') !== '');
  return name === undefined ? [] : [name, env[name] ?? ''];
}

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
  // An IPv6 address with a port stands in brackets.
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
