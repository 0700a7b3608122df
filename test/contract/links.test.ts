/** Each relative link of the documents leads to a file or folder of the repository. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';

const documents = ['.', 'docs', 'deploy']
  .flatMap((folder) =>
    readdirSync(folder, { recursive: folder !== '.', encoding: 'utf8' }).map((file) => join(folder, file)),
  )
  .filter((file) => file.endsWith('.md'));

test('the scan finds the documents', () => {
  expect(documents).toEqual(expect.arrayContaining(['README.md', 'docs/metrics.md', 'deploy/prometheus/README.md']));
});

test.each(documents)('the relative links of %s lead to files', (document) => {
  const links = [...readFileSync(document, 'utf8').matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map(
    ([, link = '']) => link,
  );
  expect(links.filter((link) => !existsSync(join(dirname(document), link)))).toEqual([]);
});
