/** bcrypt in a worker thread, one comparison at a time: a comparison is slow by design and must not delay scrapes and polls. */
import { Worker } from 'node:worker_threads';

interface Result {
  readonly id: number;
  readonly isSame: boolean;
}

interface Waiting {
  resolve(isSame: boolean): void;
  reject(error: Error): void;
}

/** Starts the thread at the first comparison. If it dies, waiting comparisons reject and the next one starts a new thread. */
export function createBcrypt() {
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  let thread: Worker | undefined;

  function start(): Worker {
    const started = new Worker(new URL('./bcrypt-worker.js', import.meta.url));
    // The thread alone does not keep the program running.
    started.unref();
    started.on('message', ({ id, isSame }: Result) => {
      waiting.get(id)?.resolve(isSame);
      waiting.delete(id);
    });
    started.on('error', (error) => fail(started, error));
    started.on('exit', () => fail(started, new Error('the thread that checks passwords has ended')));
    return started;
  }

  function fail(dead: Worker, error: Error): void {
    // A thread that fails emits both events; a new thread may run when the second one comes.
    if (thread !== dead) return;
    thread = undefined;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  }

  return {
    compare(password: string, hash: string): Promise<boolean> {
      thread ??= start();
      lastId += 1;
      const id = lastId;
      const result = new Promise<boolean>((resolve, reject) => waiting.set(id, { resolve, reject }));
      thread.postMessage({ id, password, hash });
      return result;
    },
    async close(): Promise<void> {
      await thread?.terminate();
    },
  };
}
