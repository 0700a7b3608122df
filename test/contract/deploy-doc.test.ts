/** What deploy/ says of the program, and what it holds twice, must not drift apart. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from '@jest/globals';
import { COPIES, deployCopies, namesIn } from '../support/deploy-copies.ts';

const read = (path: string) => readFileSync(path, 'utf8');

if (process.env['UPDATE_DOCS']) {
  rmSync(COPIES, { recursive: true, force: true });
  for (const [path, text] of deployCopies()) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}

test.each([...deployCopies()])('%s is what `npm run docs` makes', (path, made) => {
  expect(read(path)).toBe(made);
});

test('the chart has no copy of what is gone', () => {
  const copies = ['rules', 'dashboards'].flatMap((folder) =>
    namesIn(`${COPIES}/${folder}`).map((name) => `${COPIES}/${folder}/${name}`),
  );
  expect(copies.filter((path) => !deployCopies().has(path))).toEqual([]);
});
