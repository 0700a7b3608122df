/**
 * When tasks run: one tick a second starts what is due. A new task is due at once, then on its grid; a task never overlaps
 * itself; no lane has more than its share under way, but for runs that take long. It doesn't know what a task does.
 */
import type { Runtime } from '../support/runtime.ts';
import { nextBeat, phaseOf } from './grid.ts';

export interface Task {
  readonly key: string;
  /** Tasks of one lane share its places. */
  readonly lane: string;
  /** How many of its lane may be under way when it starts; the scheduler's number where left out. */
  readonly lanePlaces?: number;
  /** Resolves to the interval until the next run, in seconds; never rejects. */
  run(signal: AbortSignal): Promise<number>;
}

export interface Scheduler {
  /** The tasks from now on: new ones are due at once, those that are gone are aborted. */
  set(tasks: readonly Task[]): void;
  /** Aborts the task if it is under way; in any case it is due as a new one is. Whoever is to be started is at the next `set`. */
  renew(key: string): void;
  /** The next run of the task is at the next beat of this interval, unless it is due or under way. */
  pace(key: string, intervalSeconds: number): void;
  /**
   * The next run of the task is at the next beat of this interval, if that is sooner than it would have been.
   * @returns in how many seconds, where that has changed
   */
  hasten(key: string, intervalSeconds: number): number | undefined;
  /** Monotonic seconds of the last tick: what liveness is judged by. */
  lastTickAt(): number;
  /** Aborts what is under way and waits for it to end. */
  stop(): Promise<void>;
}

export interface SchedulerSettings {
  /** Runs under way at once in one lane. Read anew for each run. */
  readonly lanePlaces: number;
  readonly runtime: Runtime;
  /** Called at each tick, before anything is started. */
  onTick(): void;
}

interface Run {
  readonly controller: AbortController;
  readonly startedAtSeconds: number;
  /** Whether it still has its place in the lane. */
  holdsPlace: boolean;
}

interface Entry {
  readonly task: Task;
  dueAtSeconds: number;
  running?: Run;
}

const TICK_SECONDS = 1;
/** A run that takes longer goes on, but its place is another's: a few that never end must not keep a whole lane waiting. */
const PLACE_SECONDS = 30;

export function startScheduler(settings: SchedulerSettings): Scheduler {
  const { runtime } = settings;
  const entries = new Map<string, Entry>();
  const stopping = new AbortController();
  const underWay = new Map<string, number>();
  const ending = new Set<Promise<void>>();
  let lastTickAtSeconds = runtime.monotonicSeconds();

  function tick(): void {
    lastTickAtSeconds = runtime.monotonicSeconds();
    settings.onTick();
    for (const { task, running } of entries.values()) if (running && isLong(task, running)) leavePlace(task, running);
    startDue();
  }

  function startDue(): void {
    const now = runtime.monotonicSeconds();
    const due = [...entries.values()].filter((entry) => entry.running === undefined && entry.dueAtSeconds <= now);
    // Who has waited longest comes first.
    for (const entry of due.sort((a, b) => a.dueAtSeconds - b.dueAtSeconds)) {
      const { lane, lanePlaces = settings.lanePlaces } = entry.task;
      if ((underWay.get(lane) ?? 0) < lanePlaces) start(entry);
    }
  }

  function start(entry: Entry): void {
    const { task } = entry;
    const mine: Run = {
      controller: new AbortController(),
      startedAtSeconds: runtime.monotonicSeconds(),
      holdsPlace: true,
    };
    underWay.set(task.lane, (underWay.get(task.lane) ?? 0) + 1);
    const ended = run(entry, mine.controller.signal).finally(() => {
      leavePlace(task, mine);
      ending.delete(ended);
      delete entry.running;
      // A place is free: whoever waits for it need not wait for the tick.
      if (!stopping.signal.aborted) startDue();
    });
    ending.add(ended);
    entry.running = mine;
  }

  /** Who has a number of places of its own means that number. */
  function isLong({ lanePlaces }: Task, { startedAtSeconds }: Run): boolean {
    return lanePlaces === undefined && runtime.monotonicSeconds() - startedAtSeconds >= PLACE_SECONDS;
  }

  function leavePlace({ lane }: Task, mine: Run): void {
    if (!mine.holdsPlace) return;
    mine.holdsPlace = false;
    const left = (underWay.get(lane) ?? 1) - 1;
    if (left > 0) underWay.set(lane, left);
    else underWay.delete(lane);
  }

  async function run(entry: Entry, signal: AbortSignal): Promise<void> {
    const { key } = entry.task;
    const intervalSeconds = await entry.task.run(signal);
    entry.dueAtSeconds = nextBeat(runtime.monotonicSeconds(), intervalSeconds, phaseOf(key));
  }

  function set(tasks: readonly Task[]): void {
    const wanted = new Set(tasks.map((task) => task.key));
    for (const [key, entry] of entries) {
      if (wanted.has(key)) continue;
      entry.running?.controller.abort(new Error('the target is gone'));
      entries.delete(key);
    }
    for (const task of tasks) {
      if (!entries.has(task.key)) entries.set(task.key, { task, dueAtSeconds: runtime.monotonicSeconds() });
    }
    if (!stopping.signal.aborted) startDue();
  }

  function renew(key: string): void {
    const entry = entries.get(key);
    if (entry === undefined) return;
    entry.running?.controller.abort(new Error('the target is polled anew'));
    // Another entry: what the aborted run still writes goes to the old one.
    entries.set(key, { task: entry.task, dueAtSeconds: runtime.monotonicSeconds() });
  }

  function pace(key: string, intervalSeconds: number): void {
    const entry = entries.get(key);
    const now = runtime.monotonicSeconds();
    if (entry === undefined || entry.running !== undefined || entry.dueAtSeconds <= now) return;
    entry.dueAtSeconds = nextBeat(now, intervalSeconds, phaseOf(key));
  }

  function hasten(key: string, intervalSeconds: number): number | undefined {
    const entry = entries.get(key);
    const now = runtime.monotonicSeconds();
    if (entry === undefined || entry.running !== undefined) return undefined;
    const beat = nextBeat(now, intervalSeconds, phaseOf(key));
    if (beat >= entry.dueAtSeconds) return undefined;
    entry.dueAtSeconds = beat;
    return beat - now;
  }

  async function ticking(): Promise<void> {
    while (!stopping.signal.aborted) {
      tick();
      await runtime.sleep(TICK_SECONDS, stopping.signal).catch(() => undefined);
    }
  }

  async function stop(): Promise<void> {
    stopping.abort(new Error('the program is stopping'));
    for (const entry of entries.values()) entry.running?.controller.abort(stopping.signal.reason);
    await Promise.all([loop, ...ending]);
  }

  const loop = ticking();
  return { set, renew, pace, hasten, lastTickAt: () => lastTickAtSeconds, stop };
}
