/** The image, the systemd unit and the release workflow. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { FLAGS } from '../../src/cli/flags.ts';

const DOCKERFILE = readFileSync('Dockerfile', 'utf8');
const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  packages: Record<string, { dev?: boolean; hasInstallScript?: boolean; os?: string[]; cpu?: string[] }>;
};

/** What an instruction says, its continuation lines joined. */
function instructions(name: string): readonly string[] {
  const lines = DOCKERFILE.replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n');
  return lines.filter((line) => line.trim().startsWith(`${name} `)).map((line) => line.trim().slice(name.length + 1));
}

function execForm(name: string): readonly string[] {
  const [text = ''] = instructions(name).map((line) => line.slice(line.indexOf('[')));
  return JSON.parse(text) as string[];
}

test('every copied file exists, and .dockerignore allows exactly these files', () => {
  const copied = instructions('COPY')
    .filter((line) => !line.startsWith('--from'))
    .flatMap((line) => line.split(' ').slice(0, -1));
  expect(copied.filter((path) => !existsSync(path))).toEqual([]);
  const [everything, ...exceptions] = readFileSync('.dockerignore', 'utf8').trim().split('\n');
  expect(everything).toBe('*');
  expect(exceptions.map((line) => line.slice(1)).sort()).toEqual([...new Set(copied)].sort());
});

test('no package in the image has an install script or is for one platform only', () => {
  const special = Object.entries(packages).filter(
    ([path, { dev, hasInstallScript, os, cpu }]) => path !== '' && !dev && (hasInstallScript || os || cpu),
  );
  expect(special).toEqual([]);
});

test('it is built and run by the same Node.js, which is one that CI tests', () => {
  const majors = instructions('FROM').flatMap((line) => /node(?:js|:)(\d+)/.exec(line)?.[1] ?? []);
  expect(majors).toEqual(['24', '24']);
  expect(readFileSync('.github/workflows/test.yml', 'utf8')).toMatch(/node: \[.*\b24\b.*\]/);
});

test('it runs the program directly, as a numeric user that is not root', () => {
  expect(execForm('ENTRYPOINT')).toEqual(['/nodejs/bin/node', '--max-semi-space-size=4', '/app/dist/main.js']);
  expect(execForm('HEALTHCHECK')).toEqual(['/nodejs/bin/node', '/app/dist/main.js', 'health']);
  expect(instructions('USER')).toEqual([expect.stringMatching(/^[1-9]\d*:[1-9]\d*$/)]);
});

test('its labels name its source, and the builds of .ci/image set the values for them', () => {
  const { repository } = JSON.parse(readFileSync('package.json', 'utf8')) as { repository: { url: string } };
  const labels = new Map(
    [...(instructions('LABEL')[0] ?? '').matchAll(/org\.opencontainers\.image\.(\w+)=("[^"]+"|\$\w+)/g)].map(
      ([, name = '', value = '']) => [name, value],
    ),
  );
  expect(labels.get('source')).toBe(`"${repository.url.replace(/^git\+|\.git$/g, '')}"`);
  const args = [...labels.values()].filter((value) => value.startsWith('$')).map((value) => value.slice(1));
  expect(args).toEqual(['VERSION', 'REVISION']);
  for (const arg of args) expect(readFileSync('.ci/image', 'utf8')).toContain(`--build-arg "${arg}=`);
});

const NAME = 'mongodbatlas-backup-exporter';
const UNIT = readFileSync(`deploy/systemd/${NAME}.service`, 'utf8').replaceAll(/\\\n\s*/g, '');
const README = readFileSync('deploy/systemd/README.md', 'utf8');

function settings(name: string): readonly string[] {
  return [...UNIT.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value = '']) => value);
}

test('it starts the program that the README installs, with existing flags', () => {
  const { bin, files } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    bin: Record<string, string>;
    files: string[];
  };
  const prefix = /npm install --prefix (\S+)/.exec(README)?.[1];
  const [start = ''] = settings('ExecStart');
  expect(start).toContain(`${prefix}/node_modules/${NAME}/${bin[NAME]} `);
  const flags = start.slice(start.indexOf('main.js')).match(/(?<= --)[a-z.-]+/g) ?? [];
  expect(flags).toEqual(['config.file']);
  expect(FLAGS.map(({ name }) => name)).toEqual(expect.arrayContaining(flags));
  expect(files).toContain('deploy/systemd');
});

test('the secret is at the path in the README’s config', () => {
  const [, id, source] = /^([^:]+):(.*)$/.exec(settings('LoadCredential')[0] ?? '') ?? [];
  expect(README).toContain(`client_secret_file: /run/credentials/${NAME}.service/${id}`);
  expect(README).toContain(`cat > ${source}`);
});

test('a service with an invalid config (exit code 2) is not restarted', () => {
  expect(settings('Restart')).toEqual(['always']);
  expect(settings('RestartPreventExitStatus')).toEqual(['2']);
});

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly needs?: string | readonly string[];
  readonly environment?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const FOLDER = '.github/workflows';
const texts = readdirSync(FOLDER).map((name) => readFileSync(`${FOLDER}/${name}`, 'utf8'));
const workflows = texts.map((text) => parse(text) as Workflow);
const jobs = workflows.flatMap((workflow) => Object.values(workflow.jobs));
const release = parse(readFileSync(`${FOLDER}/release.yml`, 'utf8')) as Workflow;
const publishing = jobs.filter(({ permissions = {} }) => Object.values(permissions).includes('write'));

const stepsOf = (some: readonly Job[]) => some.flatMap(({ steps }) => steps);
const commandsOf = ({ steps }: Job) => steps.map(({ run = '' }) => run).join('\n');

test('every action is pinned to a commit, with its version in a comment', () => {
  const used = texts.flatMap((text) => [...text.matchAll(/^[ -]*uses: (.*)$/gm)].map(([, value = '']) => value));
  expect(used).toHaveLength(stepsOf(jobs).filter(({ uses }) => uses).length);
  expect(used.filter((value) => !/^[\w.-]+(\/[\w.-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(value))).toEqual([]);
});

test('one action has one commit everywhere', () => {
  const pins = new Set(stepsOf(jobs).flatMap(({ uses }) => uses ?? []));
  expect(pins.size).toBe(new Set([...pins].map((pin) => pin.split('@')[0])).size);
});

test('only jobs with an environment may write, and by default a job may only read the repository', () => {
  expect(publishing).not.toEqual([]);
  expect(publishing.map(({ environment }) => environment)).toEqual(publishing.map(() => 'release'));
  for (const { permissions } of workflows) expect(permissions).toEqual({ contents: 'read' });
  expect(texts.join('\n')).not.toMatch(/\$\{\{ *secrets\./);
});

test('a job that may publish installs nothing and runs no code of the repository', () => {
  for (const job of publishing) {
    expect(commandsOf(job)).not.toMatch(/npm (ci|install|i|run|test|exec|x)\b|npx|\.ci\/|node /);
    expect(job.steps.map(({ uses = '' }) => uses.split('@')[0])).not.toContain('actions/checkout');
    // A cache could bring in files of another workflow.
    for (const { uses = '', with: options } of job.steps)
      if (uses.startsWith('actions/setup-node@')) expect(options).toMatchObject({ 'package-manager-cache': false });
  }
});

test('no checkout leaves a token behind', () => {
  const checkouts = stepsOf(jobs).filter(({ uses = '' }) => uses.startsWith('actions/checkout@'));
  for (const { with: options } of checkouts) expect(options).toMatchObject({ 'persist-credentials': false });
});

test('every publishing job publishes the files that the job `build` made after its tests', () => {
  const { build } = release.jobs;
  const commands = build ? commandsOf(build) : '';
  expect(commands.indexOf('.ci/run')).toBeLessThan(commands.indexOf('.ci/pack release'));
  expect(commands).toContain('.ci/image release/image.tar');
  for (const [name, job] of Object.entries(release.jobs)) {
    if (name === 'build') continue;
    expect({ name, needs: [job.needs].flat() }).toEqual({
      name,
      needs: name === 'release' ? ['registry', 'npm'] : ['build'],
    });
    expect(job.steps[0]?.uses).toMatch(/^actions\/download-artifact@/);
  }
});

test('npm, the registry and the release get the package, the image and the chart', () => {
  const { npm, registry, release: last } = release.jobs as Record<'npm' | 'registry' | 'release', Job>;
  expect(commandsOf(npm)).toContain('npm publish ./mongodbatlas-backup-exporter-*.tgz --ignore-scripts --provenance');
  expect(commandsOf(registry)).toMatch(/skopeo copy --all --preserve-digests oci-archive:image\.tar /);
  expect(commandsOf(registry)).toContain('helm push chart-*.tgz');
  // The attesting steps push to the registry, too, and know only Docker's credentials.
  expect(commandsOf(registry)).toContain('docker login ghcr.io');
  expect(commandsOf(last)).toContain('*.tgz SHA256SUMS');
  // The file that the README of the systemd unit tells people to download.
  expect(readFileSync('deploy/systemd/README.md', 'utf8')).toContain('./mongodbatlas-backup-exporter-*.tgz');
});

test('base images are pinned by digest, and Dependabot updates them, the actions and the packages', () => {
  const bases = [...readFileSync('Dockerfile', 'utf8').matchAll(/^FROM (?:--\S+ )?(\S+[:/]\S+)/gm)];
  expect(bases).toHaveLength(2);
  for (const [, base] of bases) expect(base).toMatch(/:[\w.-]+@sha256:[0-9a-f]{64}$/);
  const { updates } = parse(readFileSync('.github/dependabot.yml', 'utf8')) as { updates: Record<string, string>[] };
  const updated = updates.map((entry) => `${entry['package-ecosystem']} ${entry['directory']}`);
  expect(updated).toEqual(expect.arrayContaining(['npm /', 'github-actions /', 'docker /']));
});
