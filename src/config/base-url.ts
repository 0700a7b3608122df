/**
 * Where Atlas is. Credentials are sent there, so it has to be https, but for a stand-in on this host. The value is in no
 * message: someone may have written a password into it.
 */
import { isIPv4 } from 'node:net';

export type BaseUrl = { readonly origin: string } | { readonly wrong: string };

export function parseBaseUrl(text: string): BaseUrl {
  if (!URL.canParse(text)) return { wrong: 'must be a URL such as https://cloud.mongodb.com' };
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') {
    return { wrong: 'must have no user and password in it: credentials have their own place' };
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    return { wrong: 'must begin with https://: http:// is for loopback addresses only' };
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return { wrong: 'must begin with https://' };
  if (url.pathname !== '/' || /[?#]/.test(text)) {
    return { wrong: 'must end after the host or port: no path, no query' };
  }
  return { origin: url.origin };
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || (isIPv4(hostname) && hostname.startsWith('127.'));
}
