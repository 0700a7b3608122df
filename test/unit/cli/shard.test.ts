import { describe, expect, test } from '@jest/globals';
import { parseShard } from '../../../src/cli/values.ts';

const problem = (text: string) => ({ problem: expect.stringContaining(text) });

describe('the shard of a process', () => {
  test.each([
    ['nothing', undefined, undefined, 'exporter-2', undefined],
    ['both flags', 1, 3, 'exporter-2', { index: 1, count: 3 }],
    ['the count and a pod’s name', undefined, 3, 'exporter-2', { index: 2, count: 3 }],
    ['the count and a long name', undefined, 30, 'my-release-exporter-12', { index: 12, count: 30 }],
    ['a count of one, anywhere', undefined, 1, 'laptop', { index: 0, count: 1 }],
    ['a count of one, nowhere', undefined, 1, undefined, { index: 0, count: 1 }],
  ])('follows from %s', (_what, index, count, hostname, value) => {
    expect(parseShard(index, count, hostname)).toEqual({ value });
  });

  test.each([
    ['an index alone', 1, undefined, 'exporter-2', 'without --shard.count'],
    ['an index as high as the count', 3, 3, undefined, '--shard.index 3: must be less than --shard.count (3)'],
    ['a count without a pod’s name', undefined, 3, 'laptop', 'give --shard.index too'],
    ['a count without any name', undefined, 3, undefined, 'give --shard.index too'],
    ['a pod of a Deployment', undefined, 3, 'exporter-7d4b9c-x2k9p', 'give --shard.index too'],
    ['more pods than shards', undefined, 2, 'exporter-2', 'the number of replicas'],
  ])('is refused for %s', (_what, index, count, hostname, text) => {
    expect(parseShard(index, count, hostname)).toEqual(problem(text));
  });
});
