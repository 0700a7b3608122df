/** bcrypt in a thread of its own, one check at a time: it takes long on purpose, and scrapes and polls must not wait for it. */
import { Worker } from 'node:worker_threads';

export interface Bcrypt {
  compare(password: string, hash: string): Promise<boolean>;
  close(): Promise<void>;
}

/** From the thread. */
interface Answer {
  readonly id: number;
  readonly same: boolean;
}

interface Asked {
  resolve(same: boolean): void;
  reject(error: Error): void;
}

/** The thread starts when it is first needed. Should it die, those who wait are told, and the next one starts another. */
export function createBcrypt(): Bcrypt {
  const asked = new Map<number, Asked>();
  let lastId = 0;
  let thread: Worker | undefined;

  function start(): Worker {
    const started = new Worker(new URL('./bcrypt-worker.js', import.meta.url));
    // It keeps no program alive.
    started.unref();
    started.on('message', ({ id, same }: Answer) => {
      asked.get(id)?.resolve(same);
      asked.delete(id);
    });
    started.on('error', (error) => giveUp(started, error));
    started.on('exit', () => giveUp(started, new Error('the thread that checks passwords has ended')));
    return started;
  }

  function giveUp(dead: Worker, error: Error): void {
    // A thread that fails says so twice; by then there may be another.
    if (thread !== dead) return;
    thread = undefined;
    for (const { reject } of asked.values()) reject(error);
    asked.clear();
  }

  return {
    compare(password, hash) {
      thread ??= start();
      lastId += 1;
      const id = lastId;
      const answered = new Promise<boolean>((resolve, reject) => asked.set(id, { resolve, reject }));
      thread.postMessage({ id, password, hash });
      return answered;
    },
    async close() {
      await thread?.terminate();
    },
  };
}
