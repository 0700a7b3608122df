/**
 * The log: one line per event, with a fixed message and facts as fields. A secret that is passed by mistake is
 * redacted.
 */
import { type DestinationStream, type Logger, pino } from 'pino';

export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;
export type LogLevel = keyof Log;
export type LogFormat = 'json' | 'logfmt';

/** @param redact removes secrets from a line, by their value */
export function createLog(
  level: LogLevel,
  format: LogFormat,
  output: DestinationStream,
  redact = (line: string): string => line,
): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    {
      // The log writes synchronously, so every line is written before the program ends.
      write(line) {
        const safe = redact(line);
        output.write(format === 'logfmt' ? `${toLogfmt(JSON.parse(safe) as Record<string, unknown>)}\n` : safe);
      },
    },
  );
}

/** `time level msg`, then the other fields in their order; a value is quoted if necessary. */
export function toLogfmt({ time, level, msg, ...facts }: Readonly<Record<string, unknown>>): string {
  return Object.entries({ time, level, msg, ...facts })
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => {
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      return `${key}=${/^[^\s"=]+$/.test(text) ? text : JSON.stringify(text)}`;
    })
    .join(' ');
}
