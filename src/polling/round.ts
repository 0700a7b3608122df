/**
 * Runs each task once, and what they bring about while they run: in a scheduler's place for those who look once. Each lane
 * has the same number of places; nothing waits for a beat. It doesn't know what a task does.
 */
import type { Scheduler, Task } from './scheduler.ts';

export interface Round extends Pick<Scheduler, 'set' | 'renew' | 'pace' | 'hasten'> {
  /** Resolves when nothing is left to run. */
  ended(): Promise<void>;
  progress(): Progress;
  /** Aborts what is under way; nothing more is begun. */
  abort(reason: Error): void;
}

export interface Progress {
  readonly ended: number;
  /** May grow: a task may find more to do. */
  readonly total: number;
}

interface Entry {
  readonly task: Task;
  state: 'waiting' | 'running' | 'ended';
  readonly controller: AbortController;
}

/** @param lanePlaces runs under way at once in one lane, whatever a task says of its own */
export function createRound(lanePlaces: number): Round {
  const entries = new Map<string, Entry>();
  const underWay = new Map<string, number>();
  let isAborted = false;
  let running = 0;
  let onIdle: (() => void) | undefined;

  function set(tasks: readonly Task[]): void {
    const wanted = new Set(tasks.map(({ key }) => key));
    for (const [key, entry] of entries) {
      if (wanted.has(key)) continue;
      entry.controller.abort(new Error('the target is gone'));
      entries.delete(key);
    }
    for (const task of tasks) {
      if (!entries.has(task.key)) entries.set(task.key, { task, state: 'waiting', controller: new AbortController() });
    }
    startWaiting();
  }

  function startWaiting(): void {
    for (const entry of entries.values()) {
      if (isAborted) return;
      if (entry.state === 'waiting' && (underWay.get(entry.task.lane) ?? 0) < lanePlaces) start(entry);
    }
  }

  function start(entry: Entry): void {
    const { lane } = entry.task;
    entry.state = 'running';
    running += 1;
    underWay.set(lane, (underWay.get(lane) ?? 0) + 1);
    void entry.task.run(entry.controller.signal).then(() => {
      entry.state = 'ended';
      running -= 1;
      underWay.set(lane, (underWay.get(lane) ?? 1) - 1);
      startWaiting();
      if (running === 0) onIdle?.();
    });
  }

  function ended(): Promise<void> {
    return new Promise((resolve) => {
      onIdle = resolve;
      if (running === 0) resolve();
    });
  }

  function progress(): Progress {
    const all = [...entries.values()];
    return { ended: all.filter(({ state }) => state === 'ended').length, total: all.length };
  }

  function abort(reason: Error): void {
    isAborted = true;
    for (const { controller } of entries.values()) controller.abort(reason);
  }

  /** Nothing is revised while everything is looked at once. */
  function unasked(): undefined {}

  return { set, renew: unasked, pace: unasked, hasten: unasked, ended, progress, abort };
}
