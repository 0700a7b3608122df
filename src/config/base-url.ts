/**
 * The address of Atlas. Credentials are sent there, so it has to be https, except for a stand-in on this host. Messages do not
 * repeat the value: it may contain a password.
 */
import { isIPv4 } from 'node:net';
import type { Checked } from '../support/checked.ts';

/** @returns an origin */
export function parseBaseUrl(text: string): Checked<string> {
  if (!URL.canParse(text)) return { problem: 'must be a URL such as https://cloud.mongodb.com' };
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') {
    return { problem: 'must not contain a user or a password: credentials are given elsewhere' };
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    return { problem: 'must begin with https://: http:// is allowed for loopback addresses only' };
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return { problem: 'must begin with https://' };
  if (url.pathname !== '/' || /[?#]/.test(text)) {
    return { problem: 'must end after the host or port: no path, no query' };
  }
  return { value: url.origin };
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || (isIPv4(hostname) && hostname.startsWith('127.'));
}
