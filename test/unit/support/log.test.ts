import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createLog, type LogFormat, type LogLevel, toLogfmt } from '../../../src/support/log.ts';
import { CENSOR, createRedactor } from '../../../src/support/redaction.ts';

function linesOf(format: LogFormat, level: LogLevel, act: (log: ReturnType<typeof createLog>) => void): string[] {
  const lines: string[] = [];
  act(createLog(level, format, { write: (line: string) => lines.push(line) }));
  return lines;
}

describe('the log', () => {
  test('writes one JSON object per line, with level and time as text', () => {
    const [line = ''] = linesOf('json', 'info', (log) => log.warn({ group_id: 'g' }, 'polling fails'));
    expect(line.endsWith('\n')).toBe(true);
    expect(JSON.parse(line)).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      group_id: 'g',
      msg: 'polling fails',
    });
  });

  test('writes logfmt with quotes if necessary', () => {
    const [line = ''] = linesOf('logfmt', 'info', (log) =>
      log.info({ urls: ['a', 'b'], reason: 'x', advice: 'do "this"' }, 'two words'),
    );
    expect(line).toMatch(
      /^time=\S+ level=info msg="two words" urls="\[\\"a\\",\\"b\\"\]" reason=x advice="do \\"this\\""\n$/,
    );
  });

  test('does not write lines below its level', () => {
    expect(linesOf('json', 'warn', (log) => log.info({}, 'quiet'))).toEqual([]);
  });

  test.each(['json', 'logfmt'] as const)('hides known secrets everywhere in a line, as %s', (format) => {
    const { hide, line: redact } = createRedactor();
    const lines: string[] = [];
    const log = createLog('info', format, { write: (line: string) => lines.push(line) }, redact);
    hide('S3cret "in" quotes'.replaceAll(' ', '_'));
    const secret = 'S3cret_"in"_quotes';
    log.warn({ problem: `they sent ${secret}!`, error: new Error(secret), list: [{ deep: secret }] }, `m ${secret}`);
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toMatch(/S3cret|in.{0,3}_quotes/);
    expect(lines[0]).toMatch(/they sent \[redacted\]!/);
  });

  test.each(['json', 'logfmt'] as const)('has written every line when the call returns, as %s', (format) => {
    const lines = linesOf(format, 'info', (log) => {
      for (let line = 0; line < 100; line += 1) log.info({ line }, 'stopping');
    });
    expect(lines).toHaveLength(100);
  });
});

test('a line break in a value does not break a logfmt line', () => {
  expect(toLogfmt({ msg: 'a\nb', empty: '', gone: undefined })).toBe('msg="a\\nb" empty=""');
});

const SECRET = 'S3cr3t-"of\\the&account';

function redactorOf(...secrets: readonly string[]) {
  const redactor = createRedactor();
  for (const secret of secrets) redactor.hide(secret);
  return redactor;
}

/** The characters of random secrets, without the characters of the replacement text. */
const secretsOf = (minLength: number) =>
  fc
    .array(fc.integer({ min: 0x21, max: 0x7e }), { minLength, maxLength: 64 })
    .map((codes) => String.fromCharCode(...codes))
    .filter((secret) => !CENSOR.includes(secret) && !secret.includes('['));

describe('a secret that was read', () => {
  const { hide, text } = createRedactor();
  hide(SECRET);

  test.each([
    ['as it is', SECRET],
    ['percent-encoded', encodeURIComponent(SECRET)],
    ['in a Basic header', `Basic ${Buffer.from(`mdb_sa_id_1:${SECRET}`).toString('base64')}`],
  ])('is replaced in a text %s', (_how, form) => {
    const redacted = text(`before ${form} after`);
    expect(redacted).toContain(CENSOR);
    expect(redacted).toMatch(/^before .*after$/);
    expect(redacted).not.toContain(form);
  });

  test('is replaced in the strings of a line, which stays JSON and is otherwise unchanged', () => {
    fc.assert(
      fc.property(
        fc.array(secretsOf(8), { minLength: 1, maxLength: 4 }),
        fc.string(),
        fc.nat(),
        (secrets, word, nat) => {
          const { line } = redactorOf(...secrets);
          const facts = {
            level: 'info',
            nested: [{ deep: `${word}${secrets.join(word)}${word}` }],
            nat,
            nothing: null,
          };
          const redacted = line(`${JSON.stringify(facts)}\n`);
          expect(redacted.endsWith('}\n')).toBe(true);
          const parsed = JSON.parse(redacted) as typeof facts;
          expect(parsed).toMatchObject({ level: 'info', nat, nothing: null });
          const shown = parsed.nested[0]?.deep ?? '';
          expect(secrets.filter((secret) => shown.includes(secret))).toEqual([]);
        },
      ),
    );
  });

  test('is replaced completely if another secret is part of it', () => {
    const { text: both } = redactorOf('part-of-it', 'a-part-of-it-all');
    expect(both('x a-part-of-it-all y part-of-it')).toBe(`x ${CENSOR} y ${CENSOR}`);
  });

  test('that is as short as a word is replaced only if it is the whole string', () => {
    const { text: short, line } = redactorOf('orders', '');
    expect(short('orders')).toBe(CENSOR);
    expect(short('the cluster orders')).toBe('the cluster orders');
    expect(line('{"a":"orders","b":["orders in time"]}\n')).toBe(`{"a":"${CENSOR}","b":["orders in time"]}\n`);
  });

  test('is remembered independent of the number of tokens; only the newest tokens are remembered', () => {
    const { hide, hideToken, text: all } = redactorOf();
    const tokens = Array.from({ length: 5000 }, (_, index) => `token number ${String(index).padStart(4, '0')}`);
    hide(SECRET);
    for (const token of tokens) hideToken(token);
    expect(all(`${SECRET}, ${tokens[0]}, ${tokens[4950]}, ${tokens[4999]}`)).toBe(
      `${CENSOR}, ${tokens[0]}, ${CENSOR}, ${CENSOR}`,
    );
  });

  test('is forgotten after a thousand newer secrets', () => {
    const [read, old, ...minted] = Array.from(
      { length: 1002 },
      (_, index) => `secret ${String(index).padStart(4, '0')}`,
    );
    const { hide, text: long } = redactorOf(read ?? '', old ?? '', ...minted.slice(0, 500));
    hide(read ?? '');
    for (const token of minted.slice(500)) hide(token);
    expect(long(`${read}, ${old}, ${minted[1]}, ${minted.at(-1)}`)).toBe(`${CENSOR}, ${old}, ${CENSOR}, ${CENSOR}`);
  });
});

describe('what looks like a credential', () => {
  const { text, line } = createRedactor();

  test.each([
    ['client secret mdb_sa_sk_Abc-123_x is wrong', `client secret ${CENSOR} is wrong`],
    ['authorization: Bearer abcdefghijklmnop.q', `authorization: Bearer ${CENSOR}`],
    ['Basic bWRiX3NhX2lkOnNlY3JldA==', `Basic ${CENSOR}`],
    ['token=eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl&x', `token=${CENSOR}&x`],
    ['Digest username="u", response="0123456789abcdef0123456789abcdef"', `Digest username="u", response="${CENSOR}"`],
  ])('%j is replaced without being known', (written, redacted) => {
    expect(text(written)).toBe(redacted);
  });

  test.each(['Basic authentication is off', 'polling fails', 'mdb_sa_id_5f0000000000000000000001'])(
    '%j is unchanged',
    (written) => {
      expect(text(written)).toBe(written);
    },
  );

  test('does not occur in ordinary lines, which stay unchanged', () => {
    const usual = '{"level":"info","a":1}\n';
    expect(line(usual)).toBe(usual);
  });
});
