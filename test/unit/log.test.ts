import { describe, expect, test } from '@jest/globals';
import { createLog, type LogFormat, type LogLevel, toLogfmt } from '../../src/log.ts';

function linesOf(format: LogFormat, level: LogLevel, act: (log: ReturnType<typeof createLog>) => void): string[] {
  const lines: string[] = [];
  act(createLog(level, format, { write: (line: string) => lines.push(line) }));
  return lines;
}

describe('the log', () => {
  test('writes one JSON object a line, with level and time as words', () => {
    const [line = ''] = linesOf('json', 'info', (log) => log.warn({ group_id: 'g' }, 'polling fails'));
    expect(line.endsWith('\n')).toBe(true);
    expect(JSON.parse(line)).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      group_id: 'g',
      msg: 'polling fails',
    });
  });

  test('writes logfmt, quoting where it has to', () => {
    const [line = ''] = linesOf('logfmt', 'info', (log) =>
      log.info({ urls: ['a', 'b'], reason: 'x', advice: 'do "this"' }, 'two words'),
    );
    expect(line).toMatch(
      /^time=\S+ level=info msg="two words" urls="\[\\"a\\",\\"b\\"\]" reason=x advice="do \\"this\\""\n$/,
    );
  });

  test('leaves out what is below its level', () => {
    expect(linesOf('json', 'warn', (log) => log.info({}, 'quiet'))).toEqual([]);
  });

  test('shows no field that is named like a secret', () => {
    const [line] = linesOf('json', 'info', (log) =>
      log.info({ authorization: 'Bearer x1', credential: { client_secret: 'x2' } }, 'm'),
    );
    expect(line).not.toMatch(/x1|x2/);
    expect(line).toContain('[redacted]');
  });
});

test('a line break in a value does not break a logfmt line', () => {
  expect(toLogfmt({ msg: 'a\nb', empty: '', gone: undefined })).toBe('msg="a\\nb" empty=""');
});
