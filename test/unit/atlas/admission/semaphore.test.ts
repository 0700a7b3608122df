import { expect, test } from '@jest/globals';
import { createSemaphore } from '../../../../src/atlas/admission/semaphore.ts';
import { never, outcomeOf } from '../support.ts';

const settle = () => new Promise(setImmediate);

/** Asks for a place; `releases` collects the functions that give places back, in the order in which places were given. */
function asking(places: number) {
  const semaphore = createSemaphore(places);
  const order: string[] = [];
  const releases: (() => void)[] = [];
  const ask = async (name: string, signal = never) => {
    const release = await semaphore.acquire(signal);
    order.push(name);
    releases.push(release);
  };
  return { semaphore, order, releases, ask };
}

test('a semaphore gives out its places in the order of asking, and again when they are released', async () => {
  const { order, releases, ask } = asking(2);
  for (const name of ['a', 'b', 'c', 'd']) void ask(name);
  await settle();
  expect(order).toEqual(['a', 'b']);
  releases[0]?.();
  await settle();
  expect(order).toEqual(['a', 'b', 'c']);
});

test('a caller that is aborted leaves the queue with the signal’s reason and takes no place', async () => {
  const { order, releases, ask } = asking(1);
  void ask('a');
  const giveUp = new AbortController();
  const leaving = outcomeOf(ask('b', giveUp.signal));
  void ask('c');
  await settle();
  giveUp.abort(new Error('stop'));
  expect(await leaving).toEqual(new Error('stop'));
  expect(await outcomeOf(ask('d', giveUp.signal))).toEqual(new Error('stop'));
  releases[0]?.();
  await settle();
  expect(order).toEqual(['a', 'c']);
});

test('more places admit callers that wait; fewer take effect as places are released', async () => {
  const { semaphore, order, releases, ask } = asking(1);
  for (const name of ['a', 'b', 'c', 'd']) void ask(name);
  semaphore.resize(3);
  await settle();
  expect(order).toEqual(['a', 'b', 'c']);
  semaphore.resize(1);
  releases[0]?.();
  releases[1]?.();
  await settle();
  expect(order).toEqual(['a', 'b', 'c']);
  releases[2]?.();
  await settle();
  expect(order).toEqual(['a', 'b', 'c', 'd']);
});
