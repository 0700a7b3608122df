/** A real Prometheus that scrapes one target, in a process of its own. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, startServer } from './servers.ts';

export interface ScrapeTarget {
  readonly health: string;
  readonly lastError: string;
}

export interface Prometheus {
  readonly url: string;
  /** All log output so far. */
  log(): string;
  targets(): Promise<readonly ScrapeTarget[]>;
  stop(): Promise<void>;
}

/**
 * @param scrape what belongs to the job called demo, beside its target and how often it is scraped
 * @param rules the text of a file of rules, which are evaluated every second
 */
export async function startPrometheus(
  target: string,
  scrape: Readonly<Record<string, unknown>> = {},
  rules = '{}',
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
  writeFileSync(
    config,
    JSON.stringify({
      global: { evaluation_interval: '1s' },
      rule_files: ['rules.yml'],
      scrape_configs: [{ ...job, ...scrape }],
    }),
  );
  writeFileSync(join(folder, 'rules.yml'), rules);
  const server = await startServer(
    'prometheus',
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${new URL(url).host}`,
    ],
    `${url}/-/ready`,
  ).catch((error: unknown) => {
    rmSync(folder, { recursive: true });
    throw error;
  });

  async function stop(): Promise<void> {
    await server.stop();
    rmSync(folder, { recursive: true });
  }

  async function targets(): Promise<readonly ScrapeTarget[]> {
    const { data } = (await (await fetch(`${url}/api/v1/targets`)).json()) as {
      data: { activeTargets: readonly ScrapeTarget[] };
    };
    return data.activeTargets.map(({ health, lastError }) => ({ health, lastError }));
  }

  return { url, log: server.log, targets, stop };
}
