import { describe, expect, test } from '@jest/globals';
import type { AtlasApi, Resource } from '../../../../src/atlas/client.ts';
import type { Page } from '../../../../src/atlas/http/answer.ts';
import { exportsCollector } from '../../../../src/collectors/exports/collector.ts';
import { iso, job, NOW_SECONDS, objectId } from '../../../support/jobs.ts';
import { SETTINGS } from '../../../support/pages.ts';
import { GROUP_ID, newState } from '../../../support/states.ts';

const signal = new AbortController().signal;

/** An api that gives one list of pages per reading. */
function apiOf(...readings: readonly (readonly Page[])[]): AtlasApi & { readonly asked: Resource[] } {
  const asked: Resource[] = [];
  return {
    asked,
    eachPage(resource, _signal, take) {
      asked.push(resource);
      for (const page of readings[asked.length - 1] ?? []) take(page);
      return Promise.resolve();
    },
    get: () => Promise.reject(new Error('not asked for')),
  };
}

const jobs = [1, 2, 3].map((number) => job('Successful', { number }));

describe('reading the export jobs of a cluster', () => {
  const settings = { ...SETTINGS, maxActiveJobs: 1 };

  test('requests its list, and reports how complete the list is', async () => {
    const api = apiOf([
      { results: jobs.slice(0, 2), totalCount: 3 },
      { results: jobs.slice(2), totalCount: 3 },
    ]);
    const { facts, summary, notices } = await exportsCollector.read(
      api,
      newState('my-cluster'),
      settings,
      signal,
      NOW_SECONDS,
    );
    expect(api.asked).toEqual([
      {
        operation: 'list_exports',
        budget: 'cloud_backups',
        groupId: GROUP_ID,
        path: `/groups/${GROUP_ID}/clusters/my-cluster/backup/exports`,
      },
    ]);
    expect(facts).toEqual({
      pages: 2,
      items: 3,
      reportedItems: 3,
      dropped: { active_jobs: 0, error_codes: 0, export_buckets: 0 },
    });
    expect(summary.counts.successful).toBe(3);
    expect(notices).toEqual([]);
  });

  test('components that come before their parent are excluded by a second reading', async () => {
    const parent = job('Successful', { number: 9, fields: { components: [{ exportId: jobs[0]?.['id'] }] } });
    const list = [{ results: jobs }, { results: [parent] }];
    const { facts, summary } = await exportsCollector.read(
      apiOf(list, list),
      newState(),
      settings,
      signal,
      NOW_SECONDS,
    );
    expect(summary.counts.successful).toBe(3);
    expect(facts?.items).toBe(4);
  });

  test('uses the shorter interval while a job is active', async () => {
    const secondsFor = async (state: string) => {
      const api = apiOf([{ results: [job(state)] }]);
      const { summary } = await exportsCollector.read(api, newState(), settings, signal, NOW_SECONDS);
      return exportsCollector.pace(summary, settings).seconds;
    };
    expect(await secondsFor('Queued')).toBe(settings.intervalSeconds);
    expect(await secondsFor('Paused')).toBe(settings.intervalSeconds);
    expect(await secondsFor('Successful')).toBe(settings.idleIntervalSeconds);
  });

  test('reports unknown states and the number of dropped series', async () => {
    const odd = ['Paused', 'Queued'].map((state, number) => job(state, { number: number + 20 }));
    const { facts, notices } = await exportsCollector.read(
      apiOf([{ results: odd }]),
      newState(),
      settings,
      signal,
      NOW_SECONDS,
    );
    expect(notices).toEqual([{ message: expect.stringContaining('does not know'), facts: { state: 'Paused' } }]);
    expect(facts?.dropped).toEqual({ active_jobs: 1, error_codes: 0, export_buckets: 0 });
  });

  test('gives one notice about unusual times, for any number of jobs', async () => {
    const times = ['30 February', 'soon', iso(NOW_SECONDS + 400 * 86_400)];
    const results = [...times, ...times].map((finishedAt, number) => job('Failed', { number, fields: { finishedAt } }));
    const { notices } = await exportsCollector.read(apiOf([{ results }]), newState(), settings, signal, NOW_SECONDS);
    expect(notices?.map(({ message }) => message)).toEqual([
      'an export job has a time that is invalid or more than a day in the future, which is ignored',
    ]);
  });

  test('an id is always encoded as one segment of the path', async () => {
    const api = apiOf([{ results: [{ id: objectId(1) }] }]);
    await exportsCollector.read(api, newState('../evil?x'), settings, signal, NOW_SECONDS);
    expect(api.asked[0]?.path).toContain('/clusters/..%2Fevil%3Fx/backup/exports');
  });
});
