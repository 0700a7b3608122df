/** Values of config files that several keys have: durations, numbers, names. Their messages follow the name of the key. */
import { z } from 'zod';
import type { Checked } from '../support/checked.ts';
import { DURATION_PATTERN, formatDuration, parseDuration, quote } from '../support/words.ts';

/** These formats of zod refuse days that do not exist. */
const MOMENT_PATTERNS = [z.regexes.date, z.regexes.datetime({ offset: true })];
export const DAY_SECONDS = 86_400;
export const YEAR_SECONDS = 365 * DAY_SECONDS;

export function filledText() {
  return z.string().min(1, { error: 'is empty' });
}

/** A switch; parseYaml returns it as text. */
export function trueOrFalse() {
  const error = errorFor(['string'], () => 'must be true or false');
  const values = new Map<unknown, boolean>([true, false].map((value) => [String(value), value]));
  const toBoolean = (text: unknown) => values.get(String(text).toLowerCase()) ?? text;
  return z.preprocess(toBoolean, z.boolean({ error }));
}

export function parsed<T>(parse: (text: string) => Checked<T>) {
  return z.string().transform((text, context) => {
    const checked = parse(text);
    if ('value' in checked) return checked.value;
    context.addIssue({ code: 'custom', message: checked.problem });
    return z.NEVER;
  });
}

/** @param units likely units for a number without a unit, the likeliest first */
export function duration(minSeconds: number, maxSeconds: number, units: readonly string[] = ['s', 'm']) {
  return parsed((text) => {
    const checked = parseDuration(text, units);
    if ('problem' in checked) return checked;
    if (checked.value < minSeconds) return { problem: `must be at least ${formatDuration(minSeconds)}` };
    return checked.value > maxSeconds ? { problem: `must be at most ${formatDuration(maxSeconds)}` } : checked;
  }).meta({ pattern: DURATION_PATTERN });
}

/** A date means its start in UTC, because an alert some hours early is better than a late alert. */
export function parseMoment(input: string): Checked<number> {
  // RFC 3339 allows a space or a small t between date and time, and a small z.
  const text = input.replace(/^([\d-]{10})[ t]/, '$1T').replace(/z$/, 'Z');
  return MOMENT_PATTERNS.some((pattern) => pattern.test(text))
    ? { value: Date.parse(text) / 1000 }
    : { problem: 'must be a date such as 2027-03-01 or a time such as 2027-03-01T12:00:00Z' };
}

export function wholeNumber(min: number, max: number) {
  const wrong = (input: unknown) => `must be a whole number from ${min} to ${max}, not ${quote(input)}`;
  const error = errorFor(['number', 'string'], wrong);
  const toNumber = (text: unknown) => (typeof text === 'string' && /^-?[0-9.]+$/.test(text) ? Number(text) : text);
  return z.preprocess(toNumber, z.int({ error }).min(min, { error }).max(max, { error }));
}

export function matching(pattern: RegExp, wrong: (input: unknown) => string) {
  return z.string().regex(pattern, { error: (found) => wrong(found.input) });
}

/** A message for inputs of these types; other types get the common messages of config-file.ts. */
export function errorFor(types: readonly string[], message: (input: unknown) => string | undefined) {
  return ({ input }: { readonly input?: unknown }) => (types.includes(typeof input) ? message(input) : undefined);
}

/** Only for the JSON Schema; rules.ts does the check. */
export function oneOf(...keys: readonly string[]) {
  return { oneOf: keys.map((key) => ({ required: [key] })) };
}
