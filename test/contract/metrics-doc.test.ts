import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { createCollectors, familiesOf } from '../../src/collectors/index.ts';
import { pollingFamilies } from '../../src/polling/families.ts';
import { metricsDocument } from '../support/metrics-doc.ts';

const FILE = 'docs/metrics.md';

test('docs/metrics.md says what the code does', () => {
  if (process.env['UPDATE_DOCS']) writeFileSync(FILE, metricsDocument());
  expect(readFileSync(FILE, 'utf8')).toBe(metricsDocument());
});

test('every family is named once, in base units, and explained without double quotes', () => {
  const families = [...pollingFamilies, ...familiesOf(createCollectors({ maxActiveJobs: 1 }))];
  expect(new Set(families.map(({ name }) => name)).size).toBe(families.length);
  for (const { name, help, type } of families) {
    expect(name).toMatch(/^mongodbatlas_backup_export_[a-z_]+$/);
    expect(help).toMatch(/^[^"\n]+\.$/);
    expect(name.endsWith('_total')).toBe(type === 'counter');
  }
});

test('every metric of what Atlas says tells that it is cached, and for how long', () => {
  const { exports, schedule } = createCollectors({ maxActiveJobs: 1 });
  for (const { help } of exports.families) expect(help).toContain('Cached; refreshed every poll interval.');
  for (const { help } of schedule.families) expect(help).toContain('Cached; read again every hour.');
});
