/** Atlas as the config describes it, for the daemon and the commands that poll once. */
import { type Atlas, createAtlas } from '../atlas/atlas.ts';
import type { AtlasCounter } from '../atlas/observer.ts';
import type { Config } from '../config/config.ts';
import type { Log } from '../support/log.ts';
import type { Runtime } from '../support/runtime.ts';
import { createAtlasLog } from './atlas-log.ts';

export interface AtlasTools {
  /** Of the program. */
  readonly version: string;
  readonly runtime: Runtime;
  readonly log: Log;
  readonly observer: AtlasCounter;
  /** Receives each new access token, so that the log can hide it. */
  readonly onToken?: ((token: string) => void) | undefined;
  /** Atlas does not answer any more, or answers again. */
  readonly onReach?: () => void;
}

export function createAtlasFromConfig(
  { atlas: settings, credentials }: Config,
  { version, runtime, log, observer, onToken = () => undefined, onReach = () => undefined }: AtlasTools,
): Atlas {
  const logging = createAtlasLog(log);
  return createAtlas({
    settings,
    credentials,
    userAgent: `mongodbatlas-backup-exporter/${version}`,
    runtime,
    observer: {
      ...observer,
      ...logging,
      secret: onToken,
      circuitOpened(event) {
        logging.circuitOpened(event);
        onReach();
      },
      circuitClosed() {
        logging.circuitClosed();
        onReach();
      },
    },
  });
}
