/** A real log whose lines are kept as objects. */
import { createLog, type Log } from '../../src/support/log.ts';

export interface RecordingLog {
  readonly log: Log;
  readonly lines: Record<string, unknown>[];
}

export function createRecordingLog(): RecordingLog {
  const lines: Record<string, unknown>[] = [];
  const log = createLog('debug', 'json', {
    write(line: string) {
      const { time, ...facts } = JSON.parse(line) as Record<string, unknown>;
      if (typeof time !== 'string') throw new Error('a log line has no time');
      lines.push(facts);
    },
  });
  return { log, lines };
}
