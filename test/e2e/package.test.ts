/**
 * What `npm publish` would publish, installed in an empty folder and run by npx. It needs npm's registry or npm's cache
 * for the dependencies.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freePort, until } from '../support/servers.ts';
import { runTool } from '../support/tools.ts';

const NAME = 'mongodbatlas-backup-exporter';
const folder = mkdtempSync(join(tmpdir(), 'package-'));
const installed = join(folder, 'node_modules', NAME);

beforeAll(() => {
  // dist/ is built already. Building again would remove it while other tests use it.
  npm('pack', '--ignore-scripts', '--pack-destination', folder);
  const [tarball = ''] = readdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{}');
  npm('install', '--prefix', folder, '--prefer-offline', '--no-audit', '--no-fund', join(folder, tarball));
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true }));

function npm(...args: readonly string[]): void {
  const { code, output } = runTool('npm', args);
  if (code !== 0) throw new Error(`npm ${args.join(' ')}: ${output}`);
}

const npx = (...args: readonly string[]) => runTool('npx', ['--prefix', folder, '--offline', '--', NAME, ...args]);

test('it contains all files that its documents link to, and no development files', () => {
  expect(readdirSync(installed).sort()).toEqual(
    ['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'deploy', 'dist', 'docs', 'package.json'].sort(),
  );
  expect(readdirSync(join(folder, 'node_modules'))).not.toContain('jest');
  const pages = readdirSync(installed, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.md'));
  const dead = pages.flatMap((page) =>
    [...readFileSync(join(installed, page), 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
      .map(([, link = '']) => join(dirname(page), link))
      .filter((path) => !existsSync(join(installed, path))),
  );
  // Files that are needed only in a clone: to build an image, to contribute, or too large for npm.
  const leftToTheRepository =
    /^(Dockerfile|CONTRIBUTING\.md|docs\/images\/.*|deploy\/(docker-compose|helm\/.*|kubernetes)|test\/rules)$/;
  expect(dead.filter((path) => !leftToTheRepository.test(path))).toEqual([]);
});

test('its metadata has the repository, which npm provenance requires', () => {
  const { repository } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
    repository?: { url?: string };
  };
  const [, address] = /^git\+(https:.*)\.git$/.exec(repository?.url ?? '') ?? [];
  // The same document that alerts link to.
  expect(readFileSync(join(installed, 'deploy/prometheus/rules.yml'), 'utf8')).toContain(
    `runbook_url: ${address}/blob/main/deploy/runbooks/`,
  );
});

test('npx runs it: version, check, demo and health', async () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  expect(npx('--version')).toEqual({ code: 0, output: `${NAME} ${version}\n` });
  const config = join(folder, 'config.yml');
  writeFileSync(config, 'targets: [ { group_id: "5e0000000000000000000001", clusters: [one] } ]\n');
  expect(npx('check', '--config.file', config)).toMatchObject({
    code: 2,
    output: expect.stringContaining('credential'),
  });

  const address = `127.0.0.1:${await freePort()}`;
  const args = ['--prefix', folder, '--offline', '--', NAME, 'demo', '--web.listen-address', address];
  const demo = spawn('npx', args, { stdio: 'ignore', detached: true });
  const ended = once(demo, 'close');
  const url = `http://${address}`;
  try {
    await until(
      async () => (await fetch(`${url}/-/ready`)).ok,
      20_000,
      () => 'the demo is not ready',
    );
    expect(npx('health', '--url', url)).toEqual({ code: 0, output: `healthy: ${url}/-/healthy\n` });
  } finally {
    // Stops the whole process group, as a terminal does: the shell and the program that npx started.
    process.kill(-(demo.pid as number), 'SIGINT');
    await ended;
  }
}, 60_000);
