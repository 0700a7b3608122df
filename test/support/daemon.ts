/**
 * The whole daemon against a simulated Atlas, over real sockets, in this process. Its clock runs faster than real time,
 * so that tests need not wait for the next poll; the timeouts of polls are still long enough for a busy machine.
 */

import { type Daemon, startDaemon } from '../../src/app/daemon.ts';
import type { SecretSource } from '../../src/atlas/auth/credentials.ts';
import type { Collectors } from '../../src/collectors/collector.ts';
import { COLLECTORS } from '../../src/collectors/index.ts';
import type { Config, CredentialConfig } from '../../src/config/config.ts';
import type { Loaded } from '../../src/config/load.ts';
import type { Shard } from '../../src/polling/targets.ts';
import { defaultCredentials, type Simulator } from '../../src/simulator/simulator.ts';
import type { Runtime } from '../../src/support/runtime.ts';
import type { ReloadAnswer } from '../../src/web/server.ts';
import { createFastRuntime } from './fast-runtime.ts';
import { createRecordingLog } from './recording-log.ts';
import { seriesOf } from './series.ts';

export interface RunningDaemon {
  readonly daemon: Daemon;
  readonly logLines: Record<string, unknown>[];
  /** Access tokens that the log has to hide. */
  readonly secrets: readonly string[];
  readonly url: string;
  /** Sets the config, or its problems, that the next reload reads. */
  reload(next: Loaded | Config): Promise<ReloadAnswer>;
  metrics(accept?: string): Promise<string>;
  /** Values of all series with this name, by their labels without group_id: `Cluster0,queued` → 1. */
  series(name: string): Promise<Record<string, number>>;
  /** Requests the page again and again, until the condition is true. */
  until(
    name: string,
    is: (series: Record<string, number>) => boolean,
    patienceMs?: number,
  ): Promise<Record<string, number>>;
}

export function secret(value: string): SecretSource {
  return { identity: value, description: 'inline', read: () => Promise.resolve(value) };
}

export const CREDENTIALS: Readonly<Record<'account' | 'key' | 'token', CredentialConfig>> = {
  account: {
    name: 'account',
    kind: 'service_account',
    secrets: {
      client_id: secret(defaultCredentials.clientId),
      client_secret: secret(defaultCredentials.clientSecret),
    },
  },
  key: {
    name: 'key',
    kind: 'api_key',
    secrets: {
      public_key: secret(defaultCredentials.publicKey),
      private_key: secret(defaultCredentials.privateKey),
    },
  },
  token: { name: 'token', kind: 'access_token', secrets: { access_token: secret(defaultCredentials.accessToken) } },
};

/** A generous time limit for steps that need almost no time. A step that exceeds it is wrong, not slow. */
const PATIENCE_MS = 50_000;

export interface ConfigParts {
  readonly targets?: Config['targets'];
  readonly discoveries?: Config['discoveries'];
  readonly credentials?: readonly CredentialConfig[];
  readonly atlas?: Partial<Config['atlas']>;
  readonly polling?: Partial<Config['polling']>;
}

export function configFor(simulator: Pick<Simulator, 'origin'>, parts: ConfigParts): Config {
  return {
    atlas: {
      baseUrl: simulator.origin,
      requestTimeoutSeconds: 30,
      pageSize: 500,
      maxPages: 200,
      requestsPerMinute: 60_000,
      concurrency: 8,
      ...parts.atlas,
    },
    credentials: parts.credentials ?? [CREDENTIALS.token],
    polling: {
      intervalSeconds: 1,
      idleIntervalSeconds: 1,
      maxStaleSeconds: 60,
      maxActiveJobs: 50,
      isRead: { schedule: false },
      ...parts.polling,
    },
    targets: parts.targets ?? [],
    discoveries: parts.discoveries ?? [],
    webLinks: { runbooks: 'https://example.com/runbooks' },
  };
}

/** How many times faster than real time the daemon's clock runs. */
export const TIMES = 5;

export interface DaemonOptions {
  readonly runtime?: Runtime;
  readonly enableLifecycle?: boolean;
  readonly collectors?: Collectors;
  readonly shard?: Shard;
}

export async function runDaemon(
  config: Config,
  { runtime = createFastRuntime(TIMES), enableLifecycle = false, collectors = COLLECTORS, shard }: DaemonOptions = {},
): Promise<RunningDaemon> {
  const { log, lines: logLines } = createRecordingLog();
  const secrets: string[] = [];
  let read: Loaded = { config, warnings: [] };
  const daemon = await startDaemon({
    config,
    readConfig: async () => read,
    collectors,
    ...(shard ? { shard } : {}),
    web: {
      listenAddresses: [{ host: '127.0.0.1', port: 0 }],
      telemetryPath: '/metrics',
      maxRequests: 40,
      allowedHosts: [],
      disableExporterMetrics: false,
      enableLifecycle,
    },
    build: { version: '0.0.0-test', revision: 'test', nodeVersion: process.version },
    runtime,
    log,
    onToken: (token) => secrets.push(token),
  });
  const url = daemon.urls[0] ?? '';

  async function reload(next: Loaded | Config): Promise<ReloadAnswer> {
    read = 'targets' in next ? { config: next, warnings: [] } : next;
    return daemon.reload('SIGHUP');
  }

  async function metrics(accept = 'text/plain'): Promise<string> {
    const response = await fetch(`${url}/metrics`, { headers: { accept } });
    if (response.status !== 200) throw new Error(`/metrics answered ${response.status}`);
    return response.text();
  }

  async function series(name: string): Promise<Record<string, number>> {
    return seriesOf(await metrics(), name);
  }

  async function until(
    name: string,
    is: (series: Record<string, number>) => boolean,
    patienceMs = PATIENCE_MS,
  ): Promise<Record<string, number>> {
    const deadline = Date.now() + patienceMs;
    // The pauses become longer: a large page needs CPU time, which the awaited polls need too.
    for (let pauseMs = 20; ; pauseMs = Math.min(250, pauseMs * 1.2)) {
      const found = await series(name);
      if (is(found)) return found;
      if (Date.now() > deadline) throw new Error(`${name} never became right: ${JSON.stringify(found)}`);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  return { daemon, logLines, secrets, url, reload, metrics, series, until };
}
