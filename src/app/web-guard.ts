/**
 * Applies the web config file (TLS, users, headers), and reloads it and its certificates when they change. A file with
 * problems, or with a change that needs a restart, is not applied, and the reason is logged once. A change takes effect
 * once the file stops changing, because a half-written file may lack its users.
 */
import type { RequestListener } from 'node:http';
import { formatProblem } from '../config/problems.ts';
import type { LoadedWebConfig, ValidWebConfig } from '../config/web/web-config.ts';
import { startFileWatch } from '../support/file-watch.ts';
import type { Log } from '../support/log.ts';
import type { Runtime } from '../support/runtime.ts';
import { type GuardSettings, UNGUARDED } from '../web/guards/answer.ts';
import { createBcrypt } from '../web/guards/auth.ts';
import { type ListenAddress, startWeb, type Web } from '../web/guards/listen.ts';

export interface WebConfigFile {
  readonly first: ValidWebConfig;
  load(): Promise<LoadedWebConfig>;
}

/** @param file absent: plain HTTP without passwords */
export function createWebGuard(file: WebConfigFile | undefined, runtime: Runtime, log: Log) {
  let current = file?.first.webConfig ?? UNGUARDED;
  const bcrypt = createBcrypt();

  function apply(loaded: LoadedWebConfig, web: Web): void {
    if ('problems' in loaded) {
      const problems = loaded.problems.map(formatProblem);
      log.error({ problems }, 'the web config file has problems: the previous settings stay in use');
      return;
    }
    const change = changeThatNeedsRestart(current, loaded.webConfig);
    if (change !== undefined) {
      log.error({ change }, 'the web config file has a change that needs a restart: the previous settings stay in use');
      return;
    }
    const { tls, users } = loaded.webConfig;
    if (tls) web.renewTls(tls);
    current = loaded.webConfig;
    for (const warning of loaded.warnings) log.warn({}, warning);
    log.info({ tls: tls !== undefined, users: users.size }, 'the web config file was read again');
  }

  function watch({ first, load }: WebConfigFile, web: Web) {
    // Another read could return another content than the one that had stopped changing.
    let latest: LoadedWebConfig = first;
    async function look() {
      latest = await load();
      return latest.fingerprint;
    }
    return startFileWatch({ look, since: first.fingerprint, runtime, onChange: () => apply(latest, web) });
  }

  return {
    settings: { guards: () => current, comparePassword: bcrypt.compare, passwordKey: runtime.randomHex(32) },
    async listen(app: RequestListener, addresses: readonly ListenAddress[]): Promise<Web> {
      const onHandshakeFailure = (reason: string): void => log.debug({ reason }, 'a TLS handshake failed');
      const web = await startWeb(app, addresses, { tls: current.tls, onHandshakeFailure });
      for (const warning of file?.first.warnings ?? []) log.warn({}, warning);
      const fileWatch = file && watch(file, web);
      return {
        ...web,
        async close() {
          fileWatch?.stop();
          await web.close();
          await bcrypt.close();
        },
      };
    },
  };
}

function changeThatNeedsRestart({ tls: old }: GuardSettings, { tls }: GuardSettings): string | undefined {
  if ((old === undefined) !== (tls === undefined)) return tls ? 'TLS switched on' : 'TLS switched off';
  return old?.clientAuthType === tls?.clientAuthType ? undefined : 'another client_auth_type';
}
