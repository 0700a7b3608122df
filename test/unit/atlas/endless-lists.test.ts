import { expect, test } from '@jest/globals';
import { createBudget } from '../../../src/atlas/admission/budget.ts';
import { createLongLists } from '../../../src/atlas/admission/long-lists.ts';
import { createClient } from '../../../src/atlas/client.ts';
import type { Transport } from '../../../src/atlas/http/exchange.ts';
import { readList } from '../../../src/atlas/list.ts';
import { createFakeRuntime } from '../../support/fake-runtime.ts';
import { answer, GROUP_ID, never, recordingObserver } from './support.ts';

const LANE = { budget: 'cloud_backups', groupId: GROUP_ID, operation: 'list_exports' } as const;
const REQUESTS_PER_MINUTE = 150;
const NOTHING_KEPT = { add: () => undefined, wantsSecondReading: false, result: () => undefined };

/** Polls lists by the default budget, one after the other in as many places as there are names. */
function setUp() {
  const runtime = createFakeRuntime();
  const observer = recordingObserver();
  const page = (hasNext: boolean) => answer(200, { results: [{}], links: [{ rel: hasNext ? 'next' : 'self' }] });
  const server: Transport = async ({ target }) => {
    await runtime.sleep(0.05);
    const number = Number(target.split('pageNum=')[1]);
    return page(target.includes('endless') || (target.includes('long') && number < 8));
  };
  const budget = createBudget({ requestsPerMinute: REQUESTS_PER_MINUTE, concurrency: 8, runtime, observer });
  const shared = { transport: budget.guard(server), credential: 'default', longLists: createLongLists(runtime) };

  /** How long each reading of the list took, as long as the test lasts. */
  function readAgainAndAgain(name: string): readonly number[] {
    const took: number[] = [];
    async function read(): Promise<void> {
      for (;;) {
        const startedAtSeconds = runtime.monotonicSeconds();
        const limits = { pageSize: 1, maxPages: 200, isHopeless: () => false };
        const client = createClient({ ...shared, ...limits, runtime, observer });
        await readList(client, { ...LANE, path: `/${name}` }, never, () => NOTHING_KEPT).catch(() => undefined);
        took.push(runtime.monotonicSeconds() - startedAtSeconds);
      }
    }
    void read();
    return took;
  }

  return { runtime, readAgainAndAgain };
}

test('lists that never end don’t keep the others of their project waiting', async () => {
  const { runtime, readAgainAndAgain } = setUp();
  for (const name of ['endless-1', 'endless-2', 'endless-3']) readAgainAndAgain(name);
  const good = ['a', 'b', 'c', 'd', 'e'].map(readAgainAndAgain);
  await runtime.advance(600);
  for (const took of good) {
    expect(took.length).toBeGreaterThan(100);
    expect(Math.max(...took)).toBeLessThan(15);
  }
});

test('a long list is read in time beside those that never end', async () => {
  const { runtime, readAgainAndAgain } = setUp();
  for (let nth = 1; nth <= 10; nth += 1) readAgainAndAgain(`endless-${nth}`);
  const long = readAgainAndAgain('long');
  await runtime.advance(3600);
  // It waits for one of the ten at the most, once each of them has had its turn.
  expect(Math.max(...long.slice(1))).toBeLessThan(200);
  expect(long.length).toBeGreaterThan(15);
});
