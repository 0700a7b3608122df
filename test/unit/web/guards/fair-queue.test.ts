import { expect, test } from '@jest/globals';
import { createFairQueue, MOST_PER_ADDRESS, MOST_WAITING, networkOf } from '../../../../src/web/guards/fair-queue.ts';
import { deferred } from '../../../support/deferred.ts';

/** A queue whose first task runs until `finish`. */
function occupied() {
  const queue = createFairQueue();
  const { promise, resolve: finish } = deferred<string>();
  void queue.run('first', () => promise);
  return { ...queue, finish: () => finish('') };
}

test('addresses take turns, one task at a time', async () => {
  const { run, finish } = occupied();
  const order: string[] = [];
  let running = 0;
  const task = (name: string) => async () => {
    running += 1;
    expect(running).toBe(1);
    await Promise.resolve();
    running -= 1;
    order.push(name);
  };
  const all = ['a1', 'a2', 'a3', 'b1', 'b2', 'c1'].map((name) => run(name.charAt(0), task(name)));
  finish();
  await Promise.all(all);
  expect(order).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
});

test('a task that fails does not stop the queue', async () => {
  const { run, finish } = occupied();
  const failed = run('a', () => Promise.reject(new Error('broken')));
  const next = run('a', () => Promise.resolve('done'));
  finish();
  await expect(failed).rejects.toThrow('broken');
  expect(await next).toBe('done');
});

test('a full queue accepts a task of an address with few tasks and drops one of an address with many', async () => {
  const { run, finish } = occupied();
  const done = () => Promise.resolve('done');
  const many = Array.from({ length: MOST_WAITING }, (_, index) => run(`10.0.0.${index % 4}`, done));
  expect(MOST_WAITING / 4).toBeLessThanOrEqual(MOST_PER_ADDRESS);
  const few = run('192.0.2.1', done);
  finish();
  expect(await few).toBe('done');
  const results = await Promise.all(many);
  expect(results.filter((result) => result === 'busy')).toHaveLength(1);
});

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['::1', ':0:0:0'],
])('the network of %s is %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});
