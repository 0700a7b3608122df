/** The generated files of the repository are up to date. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { COPIES, namesIn } from '../../scripts/deploy-copies.ts';
import { generatedFiles } from '../../scripts/generated-files.ts';

const files = await generatedFiles();

test.each([...files])('%s is up to date; if not, run npm run docs and read the difference', (path, text) => {
  expect(readFileSync(path, 'utf8')).toBe(text);
});

test('the chart has no copy of a deleted file; if it does, run npm run docs', () => {
  const copies = ['rules', 'dashboards'].flatMap((folder) =>
    namesIn(`${COPIES}/${folder}`).map((name) => `${COPIES}/${folder}/${name}`),
  );
  expect(copies.filter((path) => !files.has(path))).toEqual([]);
});
