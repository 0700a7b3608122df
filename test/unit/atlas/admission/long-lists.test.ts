import { expect, test } from '@jest/globals';
import { createLongLists, type LongOutcome, type LongTurn } from '../../../../src/atlas/admission/long-lists.ts';
import { createFakeRuntime } from '../../../support/fake-runtime.ts';
import { never, outcomeOf } from '../support.ts';

/** A list is its project and its number: `A1`. */
const listOf = (name: string) => ({ groupId: name.charAt(0), path: name });

/** Takes turns for lists, and notes which are being read. */
function setUp() {
  const runtime = createFakeRuntime();
  const longLists = createLongLists(runtime);
  let begun: string[] = [];
  const turns = new Map<string, LongTurn>();

  async function take(names: string): Promise<void> {
    for (const name of names.split(' ')) {
      void longLists.take(listOf(name), never).then((turn) => {
        begun.push(name);
        turns.set(name, turn);
      });
    }
    await runtime.settle();
  }

  async function end(names: string, outcome: LongOutcome = 'whole'): Promise<void> {
    for (const name of names.split(' ')) {
      turns.get(name)?.end(outcome);
      await runtime.settle();
    }
  }

  /** Since it was last asked. */
  function sinceThen(): string {
    const names = begun.join(' ');
    begun = [];
    return names;
  }

  return { runtime, longLists, take, end, begun: sinceThen };
}

test('of the long lists of a project one is read at a time', async () => {
  const { take, begun, end } = setUp();
  await take('A1 A2 B1');
  expect(begun()).toBe('A1 B1');
  await end('A1');
  expect(begun()).toBe('A2');
});

test('over all projects four are, and a project with many delays none of the others', async () => {
  const { take, begun, end } = setUp();
  await take('A1 A2 A3 A4 A5 B1 C1 D1 E1');
  expect(begun()).toBe('A1 B1 C1 D1');
  await end('B1');
  expect(begun()).toBe('E1');
  // A turn that has ended can't end another's.
  await end('B1');
  await take('F1');
  expect(begun()).toBe('');
});

test('those that came to their end the last time go first, those that seem to have none last', async () => {
  const { take, begun, end } = setUp();
  await take('A1');
  await end('A1', 'endless');
  await take('A2');
  await end('A2');
  await take('A0');
  await take('A1 A3 A2');
  begun();
  await end('A0 A2 A3 A1');
  expect(begun()).toBe('A2 A3 A1');
});

test('a failure that says nothing of the list leaves its place as it was', async () => {
  const { take, begun, end } = setUp();
  for (const outcome of ['whole', 'unknown'] as const) {
    await take('A1');
    await end('A1', outcome);
  }
  await take('A0 A2 A1');
  begun();
  await end('A0');
  expect(begun()).toBe('A1');
});

test('nobody is overtaken for ever: each of nine lists is read in turn, whatever came of it', async () => {
  const { runtime, take, begun, end } = setUp();
  await take('A1');
  await end('A1', 'endless');
  await take('A0');
  await take('A1 A2 A3 A4');
  begun();
  let current = 'A0';
  for (let seconds = 0; seconds < 3000 && current !== 'A1'; seconds += 45) {
    await runtime.advance(45);
    await end(current);
    await take(current);
    current = begun();
  }
  expect(current).toBe('A1');
  expect(runtime.monotonicSeconds()).toBeLessThan(2000);
});

test('endless ones leave one place to others', async () => {
  const { take, begun, end } = setUp();
  await take('A1 B1 C1 D1');
  await end('A1 B1 C1 D1', 'endless');
  begun();
  await take('A1 B1 C1 D1 E1');
  expect(begun()).toBe('A1 B1 C1 E1');
  await end('E1');
  expect(begun()).toBe('');
  await end('A1', 'endless');
  expect(begun()).toBe('D1');
});

test('a turn that is free is had at once, another not', () => {
  const { takeFree } = createLongLists(createFakeRuntime());
  const turn = takeFree(listOf('A1'));
  expect(takeFree(listOf('A2'))).toBeUndefined();
  expect(takeFree(listOf('B1'))).toBeDefined();
  turn?.end('whole');
  expect(takeFree(listOf('A2'))).toBeDefined();
});

test('who is called off meanwhile learns it at once, and leaves its place to others', async () => {
  const { longLists } = setUp();
  const turn = await longLists.take(listOf('A1'), never);
  const gone = new AbortController();
  const outcome = outcomeOf(longLists.take(listOf('A2'), gone.signal));
  gone.abort(new Error('the target is gone'));
  expect(await outcome).toBe(gone.signal.reason);
  expect(await outcomeOf(longLists.take(listOf('A2'), gone.signal))).toBe(gone.signal.reason);
  turn.end('whole');
  await expect(longLists.take(listOf('A3'), never)).resolves.toBeDefined();
});
