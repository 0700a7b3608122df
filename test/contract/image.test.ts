/** Checks of the Dockerfile that need no build. */
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

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
  expect(execForm('ENTRYPOINT')).toEqual(['/nodejs/bin/node', '--max-semi-space-size=8', '/app/dist/main.js']);
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
