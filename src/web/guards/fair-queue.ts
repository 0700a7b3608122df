/**
 * Runs slow tasks one after another, the clients' addresses in turn: one address with many tasks delays the others by one task
 * each. A client whose password is right gets its turn while another one tries many.
 */

/** One scraper's connections fit, and so do some dozens of clients behind one proxy. */
export const MOST_PER_ADDRESS = 64;
/** Beyond it the address with the most tasks loses its newest one. */
export const MOST_WAITING = 256;

export interface FairQueue {
  /** Resolves to `busy` if too many tasks wait. */
  run<T>(address: string, task: () => Promise<T>): Promise<T | 'busy'>;
}

interface Waiting {
  begin(): Promise<void>;
  refuse(): void;
}

export function createFairQueue(): FairQueue {
  /** The address whose turn is next comes first. */
  const queues = new Map<string, Waiting[]>();
  let isRunning = false;

  async function runAll(): Promise<void> {
    isRunning = true;
    for (let [first] = queues; first !== undefined; [first] = queues) {
      const [key, queue] = first;
      queues.delete(key);
      const next = queue.shift();
      if (queue.length > 0) queues.set(key, queue);
      await next?.begin();
    }
    isRunning = false;
  }

  function waitingTasks(): number {
    return [...queues.values()].reduce((sum, { length }) => sum + length, 0);
  }

  /** @returns whether there is room now for one more task of this queue */
  function makeRoom(queue: readonly Waiting[]): boolean {
    if (queue.length >= MOST_PER_ADDRESS) return false;
    if (waitingTasks() < MOST_WAITING) return true;
    const [longest = []] = [...queues.values()].sort((a, b) => b.length - a.length);
    if (longest.length <= queue.length + 1) return false;
    longest.pop()?.refuse();
    return true;
  }

  return {
    run<T>(address: string, task: () => Promise<T>) {
      const key = networkOf(address);
      const queue = queues.get(key) ?? [];
      if (!makeRoom(queue)) return Promise.resolve('busy' as const);
      return new Promise<T | 'busy'>((resolve, reject) => {
        queue.push({ begin: () => task().then(resolve, reject), refuse: () => resolve('busy') });
        queues.set(key, queue);
        if (!isRunning) void runAll();
      });
    },
  };
}

/** An IPv4 address itself, the first half of an IPv6 address: one client has as many of the other halves as it likes. */
export function networkOf(address: string): string {
  if (address.includes('.') || !address.includes(':')) return address;
  const [head = ''] = address.split('::');
  return [...head.split(':'), '0', '0', '0'].slice(0, 4).join(':');
}
