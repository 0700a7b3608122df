/**
 * Reads the config again while the program runs: prepared first, then put in force in one synchronous step, or not at all. One
 * at a time; who asks during one gets the next, which all of them share: it begins after they have asked.
 */
import type { Config } from '../config/config.ts';
import type { Loaded } from '../config/load.ts';
import { formatProblem } from '../config/problems.ts';
import type { Log } from '../support/log.ts';

/** Who has asked for it. */
export type Cause = 'SIGHUP' | 'POST /-/reload' | 'the file has changed';

export interface Outcome {
  /** Refused: the config is bad. Failed: this program is. Stopping: it is too late. */
  readonly result: 'reloaded' | 'refused' | 'failed' | 'stopping';
  /** For whoever has asked; one line per problem. */
  readonly text: string;
}

/** Of targets. */
export interface Counts {
  readonly added: number;
  readonly removed: number;
  readonly kept: number;
}

export interface ReloadSettings {
  read(): Promise<Loaded>;
  /** Does what has to be waited for. What it resolves to puts the config in force and says what that has changed. */
  prepare(config: Config): Promise<() => Counts>;
  /** The config in force is not the one that was meant to be. */
  onFailure(): void;
  readonly log: Log;
}

export interface Reload {
  /** Never rejects. */
  reload(cause: Cause): Promise<Outcome>;
  /** From now on nothing is put in force. */
  close(): void;
}

const STOPPING: Outcome = { result: 'stopping', text: 'The exporter is stopping.' };

export function createReload(settings: ReloadSettings): Reload {
  let underWay: Promise<Outcome> | undefined;
  let next: Promise<Outcome> | undefined;
  let isClosed = false;

  function reload(cause: Cause): Promise<Outcome> {
    if (isClosed) return Promise.resolve(STOPPING);
    if (next === undefined && underWay === undefined) return begin(cause);
    next ??= Promise.resolve(underWay).then(() => {
      next = undefined;
      return begin(cause);
    });
    return next;
  }

  function begin(cause: Cause): Promise<Outcome> {
    underWay = once(cause).finally(() => {
      underWay = undefined;
    });
    return underWay;
  }

  async function once(cause: Cause): Promise<Outcome> {
    try {
      const loaded = await settings.read();
      if ('problems' in loaded) return refused(cause, loaded.problems.map(formatProblem));
      const putInForce = await settings.prepare(loaded.config);
      if (isClosed) return STOPPING;
      const counts = putInForce();
      for (const warning of loaded.warnings) settings.log.warn({}, warning);
      return reloaded(cause, loaded.file, counts);
    } catch (error) {
      return failed(cause, error);
    }
  }

  function reloaded(cause: Cause, config_file: string | undefined, counts: Counts): Outcome {
    settings.log.info({ cause, config_file, ...counts }, 'config reloaded');
    const { added, removed, kept } = counts;
    return {
      result: 'reloaded',
      text: `The config is reloaded. Targets: ${added} added, ${removed} removed, ${kept} kept.`,
    };
  }

  function refused(cause: Cause, problems: readonly string[]): Outcome {
    if (isClosed) return STOPPING;
    settings.onFailure();
    settings.log.error({ cause, problems }, 'config not reloaded: it is bad, the one before stays in force');
    return { result: 'refused', text: problems.join('\n') };
  }

  function failed(cause: Cause, error: unknown): Outcome {
    if (isClosed) return STOPPING;
    settings.onFailure();
    const stack = error instanceof Error ? error.stack : String(error);
    settings.log.error({ cause, error: stack }, 'config not reloaded: an error of this program');
    return { result: 'failed', text: 'The config could not be reloaded; the log says more.' };
  }

  return {
    reload,
    close() {
      isClosed = true;
    },
  };
}
