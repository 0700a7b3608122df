/** A real Prometheus that scrapes one target, in a process of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HOW_TO_GET } from './tools.ts';

export interface ScrapeTarget {
  readonly health: string;
  readonly lastError: string;
}

export interface Prometheus {
  readonly url: string;
  /** All it has logged so far. */
  log(): string;
  targets(): Promise<readonly ScrapeTarget[]>;
  stop(): Promise<void>;
}

/** @param scrape what belongs to the job called demo, beside its target and how often it is scraped */
export async function startPrometheus(
  target: string,
  scrape: Readonly<Record<string, unknown>> = {},
): Promise<Prometheus> {
  const folder = mkdtempSync(join(tmpdir(), 'prometheus-'));
  const url = `http://127.0.0.1:${await freePort()}`;
  const job = {
    job_name: 'demo',
    scrape_interval: '1s',
    scrape_timeout: '1s',
    static_configs: [{ targets: [target] }],
  };
  const config = join(folder, 'prometheus.yml');
  // JSON is YAML.
  writeFileSync(config, JSON.stringify({ scrape_configs: [{ ...job, ...scrape }] }));
  const child = spawn('prometheus', [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=${new URL(url).host}`,
  ]);
  let log = '';
  child.once('error', (error) => {
    log = `prometheus can’t be run (${error.message}). ${HOW_TO_GET}`;
  });
  child.stderr.on('data', (chunk) => {
    log += String(chunk);
  });

  async function stop(): Promise<void> {
    if (child.exitCode === null && child.pid !== undefined) {
      const ended = once(child, 'close');
      child.kill();
      await ended;
    }
    rmSync(folder, { recursive: true });
  }

  async function targets(): Promise<readonly ScrapeTarget[]> {
    const { data } = (await (await fetch(`${url}/api/v1/targets`)).json()) as {
      data: { activeTargets: readonly ScrapeTarget[] };
    };
    return data.activeTargets.map(({ health, lastError }) => ({ health, lastError }));
  }

  await until(
    async () => (await fetch(`${url}/-/ready`)).ok,
    20_000,
    () => log,
  ).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { url, log: () => log, targets, stop };
}

export async function until(check: () => Promise<boolean>, timeoutMs: number, why: () => string): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await check().catch(() => false))) {
    if (Date.now() > deadline) throw new Error(`it never became true: ${why()}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
