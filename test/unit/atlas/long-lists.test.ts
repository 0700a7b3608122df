import { expect, test } from '@jest/globals';
import { createLongLists, type LongLists } from '../../../src/atlas/long-lists.ts';
import { never, outcomeOf } from './support.ts';

/** Takes a turn for each of these projects, and notes who has one. */
function takeAll(longLists: LongLists, groupIds: readonly string[]) {
  const reading: string[] = [];
  const leave = new Map<string, () => void>();
  for (const [index, groupId] of groupIds.entries()) {
    void longLists.take(groupId, never).then((end) => {
      reading.push(groupId);
      leave.set(`${groupId}${index}`, end);
    });
  }
  return { reading, leave };
}

const settle = () => new Promise(setImmediate);

test('of the long lists of a project one is read at a time', async () => {
  const { reading, leave } = takeAll(createLongLists(), ['A', 'A', 'B']);
  await settle();
  expect(reading).toEqual(['A', 'B']);
  leave.get('A0')?.();
  await settle();
  expect(reading).toEqual(['A', 'B', 'A']);
});

test('over all projects four are, and a project with many delays none of the others', async () => {
  const { reading, leave } = takeAll(createLongLists(), ['A', 'A', 'A', 'A', 'A', 'B', 'C', 'D', 'E']);
  await settle();
  expect(reading).toEqual(['A', 'B', 'C', 'D']);
  leave.get('B5')?.();
  await settle();
  expect(reading).toEqual(['A', 'B', 'C', 'D', 'E']);
});

test('who is called off meanwhile learns it at once, and leaves its place to others', async () => {
  const longLists = createLongLists();
  const leave = await longLists.take('A', never);
  const gone = new AbortController();
  const outcome = outcomeOf(longLists.take('A', gone.signal));
  gone.abort(new Error('the target is gone'));
  expect(await outcome).toBe(gone.signal.reason);
  leave();
  await expect(longLists.take('A', never)).resolves.toBeInstanceOf(Function);
});
