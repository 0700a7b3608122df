import { expect, test } from '@jest/globals';
import { createLongLists, type LongLists, type LongTurn } from '../../../src/atlas/long-lists.ts';
import { never, outcomeOf } from './support.ts';

const settle = () => new Promise(setImmediate);

/** A list is its project and its number: `A1`. */
const listOf = (name: string) => ({ groupId: name.charAt(0), path: name });

/** Takes a turn for each of these lists, and notes which are being read. */
function takeAll(longLists: LongLists, names: string) {
  const begun: string[] = [];
  const turns = new Map<string, LongTurn>();
  function take(more: string): void {
    for (const name of more.split(' ')) {
      void longLists.take(listOf(name), never).then((turn) => {
        begun.push(name);
        turns.set(name, turn);
      });
    }
  }
  take(names);
  async function end(name: string, isWhole = true): Promise<void> {
    turns.get(name)?.end(isWhole);
    await settle();
  }
  return { take, end, begun: () => begun.join(' ') };
}

test('of the long lists of a project one is read at a time', async () => {
  const { begun, end } = takeAll(createLongLists(), 'A1 A2 B1');
  await settle();
  expect(begun()).toBe('A1 B1');
  await end('A1');
  expect(begun()).toBe('A1 B1 A2');
});

test('over all projects three are, and a project with many delays none of the others', async () => {
  const { begun, end } = takeAll(createLongLists(), 'A1 A2 A3 A4 A5 B1 C1 D1 E1');
  await settle();
  expect(begun()).toBe('A1 B1 C1');
  await end('B1', false);
  expect(begun()).toBe('A1 B1 C1 D1');
  // A turn that has ended can't end another's.
  await end('B1');
  expect(begun()).toBe('A1 B1 C1 D1');
});

test('those that came to their end the last time go first, those that didn’t go last', async () => {
  const { take, begun, end } = takeAll(createLongLists(), 'A1');
  await settle();
  await end('A1', false);
  take('A2');
  await settle();
  await end('A2');
  take('A3 A1 A4 A2');
  await settle();
  for (const name of ['A3', 'A2', 'A4']) await end(name);
  expect(begun()).toBe('A1 A2 A3 A2 A4 A1');
  await end('A1');
  take('A2 A5 A1');
  await settle();
  await end('A2');
  await end('A1');
  expect(begun()).toBe('A1 A2 A3 A2 A4 A1 A2 A1 A5');
});

test('those that did have a place more than all others', async () => {
  const { take, begun, end } = takeAll(createLongLists(), 'A1 B1 C1');
  await settle();
  await end('A1');
  await end('B1', false);
  await end('C1', false);
  take('B1 C1 D1 E1 A1');
  await settle();
  expect(begun().slice(9)).toBe('B1 C1 D1 A1');
  await end('A1');
  expect(begun().slice(9)).toBe('B1 C1 D1 A1');
  await end('D1');
  expect(begun().slice(9)).toBe('B1 C1 D1 A1 E1');
});

test('a turn that is free is had at once, another not', () => {
  const { takeFree } = createLongLists();
  const turn = takeFree(listOf('A1'));
  expect(takeFree(listOf('A2'))).toBeUndefined();
  expect(takeFree(listOf('B1'))).toBeDefined();
  turn?.end(true);
  expect(takeFree(listOf('A2'))).toBeDefined();
});

test('who is called off meanwhile learns it at once, and leaves its place to others', async () => {
  const longLists = createLongLists();
  const turn = await longLists.take(listOf('A1'), never);
  const gone = new AbortController();
  const outcome = outcomeOf(longLists.take(listOf('A2'), gone.signal));
  gone.abort(new Error('the target is gone'));
  expect(await outcome).toBe(gone.signal.reason);
  expect(await outcomeOf(longLists.take(listOf('A2'), gone.signal))).toBe(gone.signal.reason);
  turn.end(true);
  await expect(longLists.take(listOf('A3'), never)).resolves.toBeDefined();
});
