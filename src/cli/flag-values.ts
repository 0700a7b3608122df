/** From the texts of flags to values. Each function says what would be right where a text is not; none knows its flag. */
import { isIPv6 } from 'node:net';

/** `isPrivate`: the text may hold a secret, so it is not to be repeated. */
export type Value<T> = { readonly value: T } | { readonly wrong: string; readonly isPrivate?: true };

export interface ListenAddress {
  /** All interfaces where it is left out. */
  readonly host?: string;
  readonly port: number;
}

export function parseListenAddress(text: string): Value<ListenAddress> {
  const [, host, digits = ''] = /^(.*):([0-9]+)$/.exec(text) ?? [];
  if (host === undefined) return { wrong: 'write host:port, or :19017 for all interfaces' };
  const port = Number(digits);
  if (port > 65_535) return { wrong: 'the port must be from 0 to 65535' };
  if (host === '') return { value: { port } };
  const bracketed = /^\[(.*)\]$/.exec(host)?.[1];
  if (bracketed !== undefined) {
    return isIPv6(bracketed)
      ? { value: { host: bracketed, port } }
      : { wrong: 'only an IPv6 address goes in brackets, such as [::1]:19017' };
  }
  if (host.includes(':')) return { wrong: 'an IPv6 address goes in brackets, such as [::1]:19017' };
  return /^[A-Za-z0-9._-]+$/.test(host)
    ? { value: { host, port } }
    : { wrong: 'write host:port, or :19017 for all interfaces' };
}

export function parseTelemetryPath(text: string): Value<string> {
  if (!text.startsWith('/')) return { wrong: 'must begin with /, such as /metrics' };
  // Some characters mean something to the router, and what clients tidy up could never be asked for.
  if (!/^(?:\/[A-Za-z0-9._~-]+)*\/?$/.test(text) || /\/\.{1,2}(?:\/|$)/.test(text)) {
    return { wrong: 'must be a plain path of letters, digits and . _ ~ -, such as /metrics' };
  }
  if (text === '/' || /^\/(?:-|api|targets|config)(?:\/|$)/i.test(text)) {
    return { wrong: 'is taken: choose another than /, /config, /targets/…, /api/… and /-/…, such as /metrics' };
  }
  return { value: text };
}

export function parseNumberBetween(min: number, max: number) {
  return (text: string): Value<number> => {
    const value = /^[0-9]+(?:\.[0-9]+)?$/.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max ? { value } : { wrong: `must be a number from ${min} to ${max}` };
  };
}

export function parseWholeNumberBetween(min: number, max: number) {
  return (text: string): Value<number> => {
    const value = /^[0-9]{1,9}$/.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max ? { value } : { wrong: `must be a whole number from ${min} to ${max}` };
  };
}

export function parseWholeNumber(text: string): Value<number> {
  const value = /^-?[0-9]+$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? { value } : { wrong: 'must be a whole number, such as 1' };
}

export function parseChoice<T extends string>(...choices: readonly T[]) {
  return (text: string): Value<T> => {
    const value = choices.find((choice) => choice === text);
    return value === undefined ? { wrong: `must be ${choices.join(', ').replace(/, (\w+)$/, ' or $1')}` } : { value };
  };
}

export function parseSwitch(text: string): Value<boolean> {
  if (text === 'true' || text === '1') return { value: true };
  if (text === 'false' || text === '0') return { value: false };
  return { wrong: 'must be true, false, 1 or 0' };
}

/** Any text but none; what looks like the next flag is one whose value was forgotten. */
export function parseText(text: string): Value<string> {
  return text === '' || text.startsWith('--') ? { wrong: 'needs a value' } : { value: text };
}
