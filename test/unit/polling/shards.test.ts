import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ownShare, shardOf } from '../../../src/polling/targets.ts';

const anyGroupId = fc.stringMatching(/^[0-9a-f]{24}$/);
const anyCount = fc.integer({ min: 1, max: 50 });
/** Ids as Atlas makes them: they differ in a few characters. */
const similarIds = Array.from({ length: 3000 }, (_, index) => (0x5e000000 + index).toString(16).padEnd(24, '0'));

describe('a project', () => {
  test('belongs to exactly one shard, with all its targets', () => {
    const wanted = {
      targets: similarIds.flatMap((groupId) =>
        ['a', 'b'].map((clusterName) => ({ groupId, clusterName, credential: 'x' })),
      ),
      discoveries: similarIds.map((groupId) => ({
        groupId,
        credential: 'x',
        exclude: [],
        discoveryIntervalSeconds: 1,
      })),
    };
    const shares = [0, 1, 2].map((index) => ownShare(wanted, { index, count: 3 }));
    for (const kind of ['targets', 'discoveries'] as const) {
      const all = shares.flatMap((share) => [...share[kind]]);
      expect(all).toHaveLength(wanted[kind].length);
      expect(new Set(all)).toEqual(new Set<unknown>(wanted[kind]));
    }
    for (const { targets, discoveries } of shares) {
      expect(new Set(targets.map(({ groupId }) => groupId))).toEqual(
        new Set(discoveries.map(({ groupId }) => groupId)),
      );
      expect(discoveries.length).toBeGreaterThan(850);
    }
    expect(ownShare(wanted, undefined)).toBe(wanted);
  });

  test('stays in its shard or moves to the new one when a shard is added', () => {
    fc.assert(
      fc.property(anyGroupId, anyCount, (groupId, count) => {
        const before = shardOf(groupId, count);
        expect(before).toBeGreaterThanOrEqual(0);
        expect(before).toBeLessThan(count);
        expect([before, count]).toContain(shardOf(groupId, count + 1));
      }),
    );
    const moved = similarIds.filter((groupId) => shardOf(groupId, 2) !== shardOf(groupId, 3));
    expect(moved.length).toBeGreaterThan(850);
    expect(moved.length).toBeLessThan(1150);
  });

  test('belongs to the same shard in every version, because instances of two versions may run together', () => {
    expect(similarIds.slice(0, 12).map((groupId) => shardOf(groupId, 4))).toEqual([1, 1, 0, 0, 2, 1, 0, 0, 0, 1, 0, 0]);
  });
});
