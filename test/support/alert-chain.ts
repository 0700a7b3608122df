/**
 * The whole alert chain: a real Prometheus with the shipped rules, a real Alertmanager with the shipped example, and a
 * webhook that keeps the notifications.
 */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FastAlerting, impatientAlerting } from './fast-alerting.ts';
import { freePort, type Server, startServer } from './servers.ts';

export interface Alert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** An alert as the webhook receives it. */
export interface ToldAlert extends Alert {
  readonly status: 'firing' | 'resolved';
}

/** An alert as the Alertmanager lists it. */
export interface HeldAlert extends Alert {
  readonly status: { readonly state: 'active' | 'suppressed' | 'unprocessed' };
}

export interface Notification {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly receiver: string;
  readonly groupLabels: Readonly<Record<string, string>>;
  readonly alerts: readonly ToldAlert[];
}

export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

/** What Prometheus scrapes: host and port by the name of the scrape job. */
export type Jobs = Readonly<Record<string, readonly string[]>>;

export interface AlertChain {
  readonly alertmanagerUrl: string;
  /** The notifications that the webhook has received so far, oldest first. */
  readonly arrived: readonly Notification[];
  /** The notifications of one alert of one cluster, oldest first. */
  told(alertname: string, clusterName?: string): readonly ToldAlert[];
  held(): Promise<readonly HeldAlert[]>;
  query(expr: string): Promise<readonly Sample[]>;
  /**
   * The logs of Prometheus and the Alertmanager, and the received notifications: they show why an expected event did
   * not happen.
   */
  log(): string;
  stop(): Promise<void>;
}

/** @param jobs as a string: the host and port of the only exporter */
export async function startAlertChain(
  jobs: Jobs | string,
  alerting: FastAlerting = impatientAlerting(),
): Promise<AlertChain> {
  const folder = mkdtempSync(join(tmpdir(), 'alert-chain-'));
  const arrived: Notification[] = [];
  const webhook = createWebhook((notification) => arrived.push({ ...notification, at: Date.now() }));
  const running: Server[] = [];

  async function stop(): Promise<void> {
    for (const server of running.reverse()) await server.stop();
    webhook.closeAllConnections();
    webhook.close();
    rmSync(folder, { recursive: true });
  }

  async function start(): Promise<{ alertmanagerUrl: string; prometheusUrl: string }> {
    webhook.listen(0, '127.0.0.1');
    await once(webhook, 'listening');
    const webhookUrl = `http://127.0.0.1:${(webhook.address() as AddressInfo).port}`;
    const alertmanagerUrl = `http://127.0.0.1:${await freePort()}`;
    running.push(await startAlertmanager(folder, alertmanagerUrl, alerting.alertmanagerConfig(webhookUrl)));
    const prometheusUrl = `http://127.0.0.1:${await freePort()}`;
    running.push(await startPrometheus(folder, prometheusUrl, { alertmanagerUrl, jobs }, alerting));
    return { alertmanagerUrl, prometheusUrl };
  }

  const { alertmanagerUrl, prometheusUrl } = await start().catch(async (error: unknown) => {
    await stop();
    throw error;
  });

  async function query(expr: string): Promise<readonly Sample[]> {
    const answer = await fetch(`${prometheusUrl}/api/v1/query?query=${encodeURIComponent(expr)}`);
    if (!answer.ok) throw new Error(`${expr}: ${await answer.text()}`);
    return ((await answer.json()) as { data: { result: Sample[] } }).data.result;
  }

  return {
    alertmanagerUrl,
    arrived,
    told: (alertname, clusterName) =>
      arrived
        .flatMap(({ alerts }) => alerts)
        .filter(({ labels }) => labels['alertname'] === alertname && labels['cluster_name'] === clusterName),
    held: async () => (await (await fetch(`${alertmanagerUrl}/api/v2/alerts`)).json()) as HeldAlert[],
    query,
    log: () => [...running.map((server) => server.log()), JSON.stringify(arrived)].join('\n'),
    stop,
  };
}

/** The names of the alerts of a cluster that are in this state. */
export function namesInState(
  alerts: readonly HeldAlert[],
  clusterName: string,
  state: 'active' | 'suppressed',
): readonly string[] {
  return alerts
    .filter(({ labels, status }) => labels['cluster_name'] === clusterName && status.state === state)
    .map(({ labels }) => labels['alertname'] ?? '')
    .sort();
}

function createWebhook(receive: (notification: Omit<Notification, 'at'>) => void): HttpServer {
  return createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      receive(JSON.parse(body));
      response.end();
    });
  });
}

/** @param text its config */
export function startAlertmanager(folder: string, url: string, text: string): Promise<Server> {
  const config = join(folder, 'alertmanager.yml');
  writeFileSync(config, text);
  // Debian uses another name for the program.
  const own = spawnSync('prometheus-alertmanager', ['--version']);
  return startServer(
    own.error ? 'alertmanager' : 'prometheus-alertmanager',
    [
      `--config.file=${config}`,
      `--storage.path=${join(folder, 'alertmanager')}`,
      `--web.listen-address=${new URL(url).host}`,
      '--cluster.listen-address=',
    ],
    `${url}/-/ready`,
  );
}

function startPrometheus(
  folder: string,
  url: string,
  { alertmanagerUrl, jobs }: { readonly alertmanagerUrl: string; readonly jobs: Jobs | string },
  { rules, scrapeMs, evaluationMs, lookbackMs }: FastAlerting,
): Promise<Server> {
  writeFileSync(join(folder, 'rules.yml'), rules);
  const config = join(folder, 'prometheus.yml');
  const scrapes = { scrape_interval: `${scrapeMs}ms`, scrape_timeout: `${scrapeMs}ms` };
  // The name of the scrape job does not occur in any rule.
  const named: Jobs = typeof jobs === 'string' ? { whatever: [jobs] } : jobs;
  // JSON is YAML.
  writeFileSync(
    config,
    JSON.stringify({
      global: { ...scrapes, evaluation_interval: `${evaluationMs}ms` },
      rule_files: ['rules.yml'],
      alerting: { alertmanagers: [{ static_configs: [{ targets: [new URL(alertmanagerUrl).host] }] }] },
      scrape_configs: Object.entries(named).map(([name, targets]) => ({
        job_name: name,
        honor_labels: true,
        static_configs: [{ targets }],
      })),
    }),
  );
  return startServer(
    'prometheus',
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'prometheus')}`,
      `--web.listen-address=${new URL(url).host}`,
      `--query.lookback-delta=${lookbackMs}ms`,
      // Without news for four times as long, the Alertmanager resolves an alert.
      `--rules.alert.resend-delay=${Math.max(3000, evaluationMs)}ms`,
    ],
    `${url}/-/ready`,
  );
}
