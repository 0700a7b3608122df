/**
 * Everything that the config watches, polled once: by the daemon's own polling, so that what works here works there. Budget,
 * attempts and concurrency are the daemon's too.
 */
import { createMonitor } from '../app/monitor.ts';
import type { TargetState } from '../collectors/collector.ts';
import { COLLECTORS } from '../collectors/index.ts';
import type { Config } from '../config/config.ts';
import type { DiscoveryStatus } from '../polling/discovery.ts';
import type { CommandSettings } from './command.ts';
import { startProgress } from './progress.ts';

export interface PollOnceSettings
  extends Pick<
    CommandSettings<never>,
    'version' | 'runtime' | 'log' | 'signal' | 'terminal' | 'onToken' | 'collectors'
  > {
  readonly config: Config;
}

export interface PolledOnce {
  readonly states: readonly TargetState[];
  readonly discoveries: readonly DiscoveryStatus[];
}

/** Resolves when every target was polled once, or when the signal is aborted: then to what was polled until then. */
export async function pollOnce(settings: PollOnceSettings): Promise<PolledOnce> {
  const { collectors = COLLECTORS, runtime, signal, terminal } = settings;
  let answers = 0;
  const observer = {
    request() {
      answers += 1;
    },
    retry() {},
    throttled() {},
    token() {},
  };
  const monitor = createMonitor({ ...settings, collectors, observer, onChange: () => undefined });
  const { polling } = monitor;
  const stopProgress = startProgress(terminal, runtime, () => ({ ...polling.progress(), answers }));
  try {
    polling.start();
    await Promise.race([polling.allHaveRun(), aborted(signal)]);
  } finally {
    stopProgress();
    await monitor.stop();
  }
  return { states: [...polling.states.all()], discoveries: polling.discoveries() };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
