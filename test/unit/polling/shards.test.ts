import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { shardOf, shareOf } from '../../../src/polling/shards.ts';

const groupId = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'.split('')), minLength: 24, maxLength: 24 });
/** Ids as Atlas makes them: alike but for a few characters. */
const alike = (count: number) =>
  Array.from({ length: count }, (_, index) => (0x5e000000 + index).toString(16).padEnd(24, '0'));

describe('projects among shards', () => {
  test('each project has one shard of those there are, always the same', () => {
    fc.assert(
      fc.property(groupId, fc.integer({ min: 1, max: 50 }), (id, shards) => {
        const shard = shardOf(id, shards);
        expect(shard).toBeGreaterThanOrEqual(0);
        expect(shard).toBeLessThan(shards);
        expect(shardOf(id, shards)).toBe(shard);
      }),
    );
  });

  test('one more shard takes projects from the others, and none moves between those', () => {
    fc.assert(
      fc.property(groupId, fc.integer({ min: 1, max: 50 }), (id, shards) => {
        expect([shardOf(id, shards), shards]).toContain(shardOf(id, shards + 1));
      }),
    );
  });

  test.each([1, 2, 3, 7])('from %i shards to one more about the new one’s share moves', (shards) => {
    const ids = alike(3000);
    const moved = ids.filter((id) => shardOf(id, shards) !== shardOf(id, shards + 1)).length;
    const expected = ids.length / (shards + 1);
    expect(Math.abs(moved - expected)).toBeLessThan(5 * Math.sqrt(expected));
  });

  test('shards have about as many projects each', () => {
    const counts = [0, 0, 0, 0, 0];
    for (const id of alike(5000)) counts[shardOf(id, 5)] = (counts[shardOf(id, 5)] ?? 0) + 1;
    expect(Math.min(...counts)).toBeGreaterThan(850);
    expect(Math.max(...counts)).toBeLessThan(1150);
  });

  test('the share of a project is the same in every version: a rollout must not shuffle them', () => {
    expect(alike(12).map((id) => shardOf(id, 4))).toEqual(SHARES);
  });

  test('all shares together are everything once, and a project is never split', () => {
    const ids = alike(40);
    const wanted = {
      named: ids.flatMap((id) => ['a', 'b'].map((clusterName) => ({ groupId: id, clusterName, credential: 'x' }))),
      discovered: ids.map((id) => ({ groupId: id, credential: 'x', exclude: [], discoveryIntervalSeconds: 600 })),
    };
    const shares = [0, 1, 2].map((index) => shareOf(wanted, index, 3));
    expect(shares.flatMap(({ named }) => named)).toHaveLength(80);
    expect(new Set(shares.flatMap(({ named }) => named))).toEqual(new Set(wanted.named));
    expect(new Set(shares.flatMap(({ discovered }) => discovered))).toEqual(new Set(wanted.discovered));
    for (const { named, discovered } of shares) {
      expect(new Set(named.map((one) => one.groupId))).toEqual(new Set(discovered.map((one) => one.groupId)));
    }
  });
});

const SHARES = [1, 1, 0, 0, 2, 1, 0, 0, 0, 1, 0, 0];
