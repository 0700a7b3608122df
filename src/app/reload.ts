/** Reloads the config while the program runs, in one synchronous step or not at all. One reload runs at a time. */
import type { Config } from '../config/config.ts';
import type { Loaded } from '../config/load.ts';
import { formatProblem } from '../config/problems.ts';
import type { Log } from '../support/log.ts';
import type { ReloadAnswer } from '../web/server.ts';

export type Cause = 'SIGHUP' | 'POST /-/reload' | 'the file has changed';

/** The number of targets. */
export type Counts = Readonly<Record<'added' | 'removed' | 'kept', number>>;

export interface ReloadSettings {
  read(): Promise<Loaded>;
  apply(config: Config): Counts;
  /** Called if the reload failed: the previous config stays active. */
  onFailure(cause: Cause): void;
  readonly log: Log;
}

const STOPPING: ReloadAnswer = { status: 503, text: 'The exporter is stopping.' };

export function createReload({ read, apply, onFailure, log }: ReloadSettings) {
  let latest: Promise<unknown> = Promise.resolve();
  let isClosed = false;

  async function once(cause: Cause): Promise<ReloadAnswer> {
    if (isClosed) return STOPPING;
    try {
      const loaded = await read();
      if (isClosed) return STOPPING;
      if ('problems' in loaded) {
        const problems = loaded.problems.map(formatProblem);
        onFailure(cause);
        log.error({ cause, problems }, 'config not reloaded: it has errors, the previous config stays in use');
        return { status: 400, text: problems.join('\n') };
      }
      const counts = apply(loaded.config);
      for (const warning of loaded.warnings) log.warn({}, warning);
      log.info({ cause, config_file: loaded.configFiles?.join(', '), ...counts }, 'config reloaded');
      const { added, removed, kept } = counts;
      const text = `The config is reloaded. Targets: ${added} added, ${removed} removed, ${kept} kept.`;
      return { status: 200, text };
    } catch (error) {
      if (isClosed) return STOPPING;
      onFailure(cause);
      log.error({ cause, error: stackOf(error) }, 'config not reloaded: an internal error occurred');
      return { status: 500, text: 'The config could not be reloaded; see the log for the cause.' };
    }
  }

  return {
    /** Never rejects. */
    reload(cause: Cause): Promise<ReloadAnswer> {
      const answer = latest.then(() => once(cause));
      latest = answer;
      return answer;
    },
    /** No further config is applied. */
    close(): void {
      isClosed = true;
    },
  };
}

export function stackOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack : String(error);
}
