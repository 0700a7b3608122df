/** The files that deploy/docker-compose mounts, laid out as the containers see them and checked by the programs that will read them. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { namesIn } from '../../scripts/deploy-copies.ts';
import { runTool } from '../support/tools.ts';

interface Service {
  readonly command?: readonly string[];
  readonly volumes?: readonly string[];
  readonly tmpfs?: readonly string[];
  readonly ports: readonly string[];
}

const FOLDER = 'deploy/docker-compose';
const HOW_TO_GET = 'On Debian and Ubuntu: apt-get install prometheus prometheus-alertmanager';
const { services } = parse(readFileSync(`${FOLDER}/compose.yaml`, 'utf8'), { merge: true }) as {
  services: Readonly<Record<string, Service>>;
};
const mounts = Object.values(services).flatMap(({ volumes = [] }) => volumes.map((volume) => volume.split(':')));
const root = mkdtempSync(join(tmpdir(), 'compose-'));

beforeAll(() => {
  for (const [source = '', target = ''] of mounts) {
    mkdirSync(dirname(join(root, target)), { recursive: true });
    cpSync(join(FOLDER, source), join(root, target), { recursive: true });
  }
});

afterAll(() => rmSync(root, { recursive: true }));

const seen = (path: string) => readFileSync(join(root, path), 'utf8');

/** The value of a flag that a service is started with. */
function flagOf(service: string, name: string): string | undefined {
  return services[service]?.command?.find((flag) => flag.startsWith(`--${name}=`))?.slice(name.length + 3);
}

test('every mounted file exists and is mounted read-only', () => {
  expect(mounts.map(([, , mode]) => mode)).toEqual(mounts.map(() => 'ro'));
  expect(mounts.map(([source = '']) => join(FOLDER, source)).filter((path) => !existsSync(path))).toEqual([]);
});

test('options of tmpfs are those that Docker and Podman know', () => {
  const options = Object.values(services).flatMap(({ tmpfs = [] }) => tmpfs.map((mount) => mount.split(':')[1]));
  expect(options).toEqual(['mode=1777', 'mode=1777']);
});

test('promtool accepts the config of Prometheus, which loads every rule', () => {
  const config = join(root, flagOf('prometheus', 'config.file') ?? '');
  const { code, output } = runTool('promtool', ['check', 'config', config], '', HOW_TO_GET);
  expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('SUCCESS') });
  const loaded = (parse(readFileSync(config, 'utf8')) as { rule_files: string[] }).rule_files;
  expect(loaded).toEqual(['rules/rules.yml']);
});

test('amtool accepts the config of Alertmanager', () => {
  const config = join(root, flagOf('alertmanager', 'config.file') ?? '');
  const { code, output } = runTool('amtool', ['check-config', config], '', HOW_TO_GET);
  expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('SUCCESS') });
});

test('the addresses of scrapes, alerts and queries are those where the services listen', () => {
  const prometheus = seen('/etc/prometheus/prometheus.yml');
  const [source] = (parse(seen('/etc/grafana/provisioning/datasources/prometheus.yml')) as { datasources: object[] })
    .datasources;
  const places = [...prometheus.matchAll(/"(\w+:\d+)"/g)].map(([, place]) => place);
  expect(places).toEqual(['exporter:19017', 'alertmanager:9093']);
  expect(source).toMatchObject({ type: 'prometheus', url: 'http://prometheus:9090' });
  const listening = Object.entries(services).flatMap(([name, { ports }]) =>
    ports.map((port) => `${name}:${port.split(':').at(-1)}`),
  );
  expect(listening).toEqual(expect.arrayContaining([...places, 'prometheus:9090']));
});

test('Grafana reads dashboards from the folder where they are mounted', () => {
  const [provider] = (
    parse(seen('/etc/grafana/provisioning/dashboards/files.yml')) as { providers: { options: { path: string } }[] }
  ).providers;
  const dashboards = namesIn(join(root, provider?.options.path ?? '')).filter((name) => name.endsWith('.json'));
  expect(dashboards).toEqual(namesIn('deploy/grafana/dashboards'));
  expect(dashboards).not.toEqual([]);
});

test('ports are open to this machine only, and the README links to each', () => {
  const readme = readFileSync(`${FOLDER}/README.md`, 'utf8');
  for (const port of Object.values(services).flatMap(({ ports }) => ports)) {
    expect(port).toMatch(/^127\.0\.0\.1:/);
    expect(readme).toContain(`<http://localhost:${port.split(':')[1]}/`);
  }
});
