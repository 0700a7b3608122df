import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { COLLECTORS, familiesOf } from '../../src/collectors/index.ts';

test('every family has a unique name and a HELP text without double quotes', () => {
  const families = familiesOf(COLLECTORS);
  expect(new Set(families.map(({ name }) => name)).size).toBe(families.length);
  for (const { name, help, type } of families) {
    expect(name).toMatch(/^mongodbatlas_backup_[a-z_]+$/);
    expect(help).toMatch(/^[^"\n]+\.$/);
    expect(name.endsWith('_total')).toBe(type === 'counter');
  }
});

test('every family has a sample in a golden page, so that a change of any shows there', () => {
  const page = readFileSync('test/fixtures/golden-metrics.txt', 'utf8');
  const missing = familiesOf(COLLECTORS).filter(({ name }) => !page.includes(`\n# TYPE ${name} `));
  expect(missing.map(({ name }) => name)).toEqual([]);
});
