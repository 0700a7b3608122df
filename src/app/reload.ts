/** Reloads the config while the program runs, in one synchronous step or not at all. One reload runs at a time. */
import type { Loaded } from '../config/load.ts';
import { formatProblem } from '../config/problems.ts';
import { type FileWatch, fingerprintOf, startFileWatch } from '../support/file-watch.ts';
import type { ReloadAnswer } from '../web/server.ts';
import type { Monitor, MonitorSettings } from './monitor.ts';

type Cause = 'SIGHUP' | 'POST /-/reload' | 'the file has changed';

export interface ReloadSettings extends Pick<MonitorSettings, 'runtime' | 'log'> {
  /** Reads the config again. */
  readConfig(): Promise<Loaded>;
  /** The config is reloaded when its files or `atlas.ca_file` change. */
  readonly autoReload?: { look(): Promise<string>; readonly since: string } | undefined;
}

const STOPPING: ReloadAnswer = { status: 503, text: 'The exporter is stopping.' };

/** @param onEnd called when a reload has ended: after a failed one, the previous config stays active */
export function createReload(
  settings: ReloadSettings,
  monitor: Pick<Monitor, 'config' | 'change' | 'states'>,
  onEnd: () => void,
) {
  const { readConfig, autoReload, runtime, log } = settings;
  let running: Promise<unknown> = Promise.resolve();
  let isClosed = false;
  let fileWatch: FileWatch | undefined;
  let latest = { successful: true, successAtSeconds: runtime.wallSeconds() };

  const keys = () => Array.from(monitor.states.all(), ({ target }) => target.key);

  async function once(cause: Cause): Promise<ReloadAnswer> {
    if (isClosed) return STOPPING;
    try {
      const loaded = await readConfig();
      if (isClosed) return STOPPING;
      if ('problems' in loaded) {
        const problems = loaded.problems.map(formatProblem);
        log.error({ cause, problems }, 'config not reloaded: it has errors, the previous config stays in use');
        return failed(cause, { status: 400, text: problems.join('\n') });
      }
      const before = new Set(keys());
      monitor.change(loaded.config);
      const now = keys();
      const kept = now.filter((key) => before.has(key)).length;
      const counts = { added: now.length - kept, removed: before.size - kept, kept };
      latest = { successful: true, successAtSeconds: runtime.wallSeconds() };
      onEnd();
      for (const warning of loaded.warnings) log.warn({}, warning);
      log.info({ cause, config_file: loaded.configFiles?.join(', '), ...counts }, 'config reloaded');
      const words = Object.entries(counts).map(([what, count]) => `${count} ${what}`);
      return { status: 200, text: `The config is reloaded. Targets: ${words.join(', ')}.` };
    } catch (error) {
      if (isClosed) return STOPPING;
      log.error({ cause, error: stackOf(error) }, 'config not reloaded: an internal error occurred');
      return failed(cause, { status: 500, text: 'The config could not be reloaded; see the log for the cause.' });
    }
  }

  function failed(cause: Cause, answer: ReloadAnswer): ReloadAnswer {
    latest = { ...latest, successful: false };
    // The file may have been missing for a moment only, between two looks of the watch.
    if (cause !== 'the file has changed') fileWatch?.forget();
    onEnd();
    return answer;
  }

  /** Never rejects. */
  function reload(cause: Cause): Promise<ReloadAnswer> {
    const answer = running.then(() => once(cause));
    running = answer;
    return answer;
  }

  return {
    reload,
    latest: () => latest,
    /** Reloads when a file changes, if the settings say so. */
    async watch(): Promise<void> {
      if (autoReload === undefined) return;
      const lookAtCa = () => fingerprintOf([monitor.config().atlas.ca?.file ?? []].flat());
      fileWatch = startFileWatch({
        look: async () => (await autoReload.look()) + (await lookAtCa()),
        since: autoReload.since + (await lookAtCa()),
        runtime,
        onChange: () => void reload('the file has changed'),
      });
    },
    /** No further config is applied. */
    close(): void {
      isClosed = true;
      fileWatch?.stop();
    },
  };
}

export function stackOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack : String(error);
}
