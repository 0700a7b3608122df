/**
 * The log: one line per event, a static message, facts as fields. Secrets are kept out by never handing them here; redaction
 * by path is the second line of defence.
 */
import { Writable } from 'node:stream';
import { type DestinationStream, type Logger, pino } from 'pino';

export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogFormat = 'json' | 'logfmt';

const REDACTED_PATHS = ['authorization', 'client_secret', 'private_key', 'access_token', 'password', 'secret', 'token'];

export function createLog(level: LogLevel, format: LogFormat, output: DestinationStream): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: REDACTED_PATHS.flatMap((key) => [key, `*.${key}`]), censor: '[redacted]' },
    },
    format === 'logfmt' ? logfmtTo(output) : output,
  );
}

function logfmtTo(output: DestinationStream): DestinationStream {
  return new Writable({
    decodeStrings: false,
    write(line: string, _encoding, done) {
      output.write(`${toLogfmt(JSON.parse(line) as Record<string, unknown>)}\n`);
      done();
    },
  });
}

/** `time level msg`, then the other fields in their order; a value is quoted where it has to be. */
export function toLogfmt({ time, level, msg, ...facts }: Readonly<Record<string, unknown>>): string {
  return Object.entries({ time, level, msg, ...facts })
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => {
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      return `${key}=${/^[^\s"=]+$/.test(text) ? text : JSON.stringify(text)}`;
    })
    .join(' ');
}
