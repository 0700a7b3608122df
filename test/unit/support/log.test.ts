import { describe, expect, test } from '@jest/globals';
import { createLog, type LogFormat, type LogLevel, toLogfmt } from '../../../src/support/log.ts';
import { createRedactor } from '../../../src/support/redaction.ts';

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

  test('hides fields with the name of a secret', () => {
    const [line] = linesOf('json', 'info', (log) =>
      log.info({ authorization: 'x1', request: { headers: { authorization: 'x2' } }, a: { clientSecret: 'x3' } }, 'm'),
    );
    expect(line).not.toMatch(/x[123]/);
    expect(line?.match(/\[redacted\]/g)).toHaveLength(3);
  });

  test.each(['json', 'logfmt'] as const)('hides known secrets everywhere in a line, as %s', (format) => {
    const { hide, line: redact } = createRedactor();
    const lines: string[] = [];
    const log = createLog('info', format, { write: (line: string) => lines.push(line) }, redact);
    hide('S3cret "in" quotes'.replaceAll(' ', '_'));
    const secret = 'S3cret_"in"_quotes';
    log.warn(
      { problem: `they sent ${secret}!`, error: new Error(secret), list: [{ [secret]: secret }] },
      `m ${secret}`,
    );
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
