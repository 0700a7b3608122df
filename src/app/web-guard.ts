/**
 * The web as its config file guards it, and the file read again every few seconds, with the certificates that it names: new ones
 * serve the next connection, new users the next request. A file that is wrong, or wants what takes a restart, changes nothing
 * and is told once; one that is still being written, which could lack its users, is waited for.
 */
import type { RequestListener } from 'node:http';
import { formatProblem } from '../config/load.ts';
import { type LoadedWebConfig, OPEN_TO_ALL, type WebConfig } from '../config/web/web-config.ts';
import { type FileWatch, startFileWatch } from '../support/file-watch.ts';
import type { Log } from '../support/log.ts';
import type { Runtime } from '../support/runtime.ts';
import { createBcrypt } from '../web/guards/bcrypt.ts';
import { type ListenAddress, startWeb, type Web } from '../web/guards/listen.ts';
import type { WebSettings } from '../web/server.ts';

/** A web config file that was read once without problems. */
export interface WebConfigFile {
  readonly first: { readonly fingerprint: string; readonly webConfig: WebConfig };
  load(): Promise<LoadedWebConfig>;
}

export interface GuardSettings {
  readonly file?: WebConfigFile | undefined;
  readonly runtime: Runtime;
  readonly log: Log;
}

export interface Guard {
  readonly settings: Pick<WebSettings, 'headers' | 'passwords'>;
  listen(app: RequestListener, addresses: readonly ListenAddress[]): Promise<Web>;
}

export function createGuard({ file, runtime, log }: GuardSettings): Guard {
  let inForce = file?.first.webConfig ?? OPEN_TO_ALL;
  const bcrypt = createBcrypt();
  return {
    settings: {
      headers: () => inForce.headers,
      passwords: { users: () => inForce.users, compare: bcrypt.compare, key: runtime.randomHex(32) },
    },
    async listen(app, addresses) {
      const web = await startWeb(app, addresses, {
        tls: inForce.tls,
        onRefusedHandshake: (reason) => log.debug({ reason }, 'a TLS handshake failed'),
      });
      const apply = (next: WebConfig): void => {
        if (next.tls) web.renewTls(next.tls);
        inForce = next;
      };
      const watched = file && watch(file, { apply, current: () => inForce, runtime, log });
      return {
        ...web,
        async close() {
          watched?.stop();
          await web.close();
          await bcrypt.close();
        },
      };
    },
  };
}

interface Watcher {
  readonly runtime: Runtime;
  readonly log: Log;
  current(): WebConfig;
  apply(next: WebConfig): void;
}

/** What is looked at is what was read: whatever rests is taken as it was seen, not read once more. */
function watch({ first, load }: WebConfigFile, watcher: Watcher): FileWatch {
  let latest: LoadedWebConfig = first;
  const lookOf = ({ fingerprint }: { readonly fingerprint: string }) => new Map([['web config', fingerprint]]);
  return startFileWatch({
    async look() {
      latest = await load();
      return lookOf(latest);
    },
    since: lookOf(first),
    runtime: watcher.runtime,
    onChange: () => take(latest, watcher),
  });
}

function take(loaded: LoadedWebConfig, { current, apply, log }: Watcher): void {
  if ('problems' in loaded) {
    const problems = loaded.problems.map(formatProblem);
    log.error({ problems }, 'the web config file has problems: the one before stays in force');
    return;
  }
  const change = changeThatNeedsRestart(current(), loaded.webConfig);
  if (change !== undefined) {
    log.error(
      { change },
      'the web config file has changed in a way that takes a restart: nothing of it is in force yet',
    );
    return;
  }
  apply(loaded.webConfig);
  const { tls, users } = loaded.webConfig;
  log.info({ tls: tls !== undefined, users: users.size }, 'the web config file was read again');
}

function changeThatNeedsRestart({ tls: old }: WebConfig, { tls }: WebConfig): string | undefined {
  if ((old === undefined) !== (tls === undefined)) return tls ? 'TLS switched on' : 'TLS switched off';
  return old?.clientCertificates === tls?.clientCertificates ? undefined : 'another client_auth_type';
}
