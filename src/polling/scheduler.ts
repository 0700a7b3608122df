/**
 * When tasks run: one tick a second starts the tasks that are due. A new task is due at once, then at multiples of its
 * interval (its beats), shifted by a phase that depends on its key, so that tasks are spread evenly. A task never
 * overlaps itself, and the number of running tasks of a group is limited. Only the scheduler knows the beats; it does
 * not know what a task does.
 */
import type { Runtime } from '../support/runtime.ts';

export interface Task {
  readonly key: string;
  /** Tasks of one group share a limit on running tasks. */
  readonly group: string;
  /** Maximum number of running tasks of the group. Absent: `places` of the scheduler. */
  readonly places?: number;
  /** False while the task must wait for something, even if it is due. Called at each tick and by `startDue`. */
  isReady?(): boolean;
  /** Resolves to the interval in seconds until the next run. */
  run(signal: AbortSignal): Promise<number>;
}

export interface Scheduler {
  start(): void;
  has(key: string): boolean;
  /** Adds a task, which is due at once. There must be no task with this key. */
  add(task: Task): void;
  /** Starts the due tasks of a group now, instead of at the next tick: for tasks that have just become ready. */
  startDue(group: string): void;
  remove(key: string): void;
  /** Aborts the task if it runs, and makes it due at once, like a new task. */
  restart(key: string): void;
  /** Moves the next run to the next beat of this interval, unless the task is due or runs. */
  setInterval(key: string, intervalSeconds: number): void;
  /** Moves the next run to the next beat of this interval, if that is sooner. */
  runSooner(key: string, intervalSeconds: number): void;
  /**
   * Adds one run between the beats, at this time of the monotonic clock. Of several times the first one counts. A time that
   * has passed is ignored.
   */
  runAlsoAt(key: string, atSeconds: number): void;
  /** Monotonic seconds of the next run; undefined if there is no such task, or if it runs. */
  dueAt(key: string): number | undefined;
  /** Monotonic seconds of the latest tick, used to check liveness; undefined before the start. */
  lastTickAt(): number | undefined;
  /** How many tasks there are, and how many of them have run at least once. */
  progress(): Progress;
  allHaveRun(): Promise<void>;
  stop(): Promise<void>;
}

export interface Progress {
  readonly ended: number;
  /** The number of tasks may grow, because a task may add others. */
  readonly total: number;
}

export interface SchedulerSettings {
  /** Maximum number of running tasks of one group. Called for each run. */
  places(): number;
  readonly runtime: Runtime;
  /** Called at each tick, before tasks are started. */
  onTick(): void;
  /** Called if a task or `onTick` throws, which is a bug: the other tasks go on, and the task runs again. */
  onError(error: unknown, key: string): void;
}

interface Entry {
  readonly task: Task;
  readonly group: Group;
  dueAtSeconds: number;
  alsoAtSeconds?: number | undefined;
  hasRun: boolean;
  running?: AbortController;
}

interface Group {
  readonly entries: Set<Entry>;
  running: number;
}

const TICK_SECONDS = 1;
const AFTER_ERROR_SECONDS = 60;

export function createScheduler({ places, runtime, onTick, onError }: SchedulerSettings): Scheduler {
  const entries = new Map<string, Entry>();
  const groups = new Map<string, Group>();
  const stopping = new AbortController();
  const ending = new Set<Promise<void>>();
  const waiters: (() => void)[] = [];
  const neverRun = new Set<Entry>();
  let lastTickAtSeconds: number | undefined;
  let loop: Promise<void> | undefined;

  function add(task: Task, hasRun = false): void {
    const group = groups.get(task.group) ?? { entries: new Set(), running: 0 };
    groups.set(task.group, group);
    const entry: Entry = { task, group, dueAtSeconds: runtime.monotonicSeconds(), hasRun };
    entries.set(task.key, entry);
    group.entries.add(entry);
    if (!hasRun) neverRun.add(entry);
    startDue(group);
  }

  function takeOut(key: string): Entry | undefined {
    const entry = entries.get(key);
    if (entry === undefined) return undefined;
    entries.delete(key);
    entry.group.entries.delete(entry);
    neverRun.delete(entry);
    entry.running?.abort(new Error('the task was removed'));
    return entry;
  }

  function remove(key: string): void {
    takeOut(key);
    notifyWaiters();
  }

  function restart(key: string): void {
    const entry = takeOut(key);
    if (entry) add(entry.task, entry.hasRun);
  }

  /** The task that has been due for longest starts first. */
  function startDue(group: Group): void {
    if (loop === undefined || stopping.signal.aborted) return;
    const now = runtime.monotonicSeconds();
    const due = [...group.entries].filter(
      (entry) => entry.running === undefined && nextRunOf(entry) <= now && (entry.task.isReady?.() ?? true),
    );
    for (const entry of due.sort((a, b) => nextRunOf(a) - nextRunOf(b))) {
      if (group.running >= (entry.task.places ?? places())) return;
      start(entry);
    }
  }

  function start(entry: Entry): void {
    const controller = new AbortController();
    if ((entry.alsoAtSeconds ?? 0) <= runtime.monotonicSeconds()) delete entry.alsoAtSeconds;
    entry.running = controller;
    entry.group.running += 1;
    const ended = runOf(entry.task, controller.signal).then((intervalSeconds) => {
      entry.dueAtSeconds = nextBeat(runtime.monotonicSeconds(), intervalSeconds, phaseOf(entry.task.key));
      entry.hasRun = true;
      neverRun.delete(entry);
      delete entry.running;
      entry.group.running -= 1;
      ending.delete(ended);
      notifyWaiters();
      // The group may run another task, so the next task need not wait for the next tick.
      startDue(entry.group);
    });
    ending.add(ended);
  }

  async function runOf(task: Task, signal: AbortSignal): Promise<number> {
    try {
      const intervalSeconds = await task.run(signal);
      if (Number.isFinite(intervalSeconds) && intervalSeconds > 0) return intervalSeconds;
      throw new RangeError(`the interval is ${intervalSeconds}`);
    } catch (error) {
      onError(error, task.key);
      return AFTER_ERROR_SECONDS;
    }
  }

  function setInterval(key: string, intervalSeconds: number): void {
    const entry = entries.get(key);
    const now = runtime.monotonicSeconds();
    if (entry === undefined || entry.running || entry.dueAtSeconds <= now) return;
    entry.dueAtSeconds = nextBeat(now, intervalSeconds, phaseOf(key));
  }

  function runSooner(key: string, intervalSeconds: number): void {
    const entry = entries.get(key);
    if (entry === undefined || entry.running) return;
    const beat = nextBeat(runtime.monotonicSeconds(), intervalSeconds, phaseOf(key));
    entry.dueAtSeconds = Math.min(entry.dueAtSeconds, beat);
  }

  function runAlsoAt(key: string, atSeconds: number): void {
    const entry = entries.get(key);
    if (entry === undefined) return;
    if (atSeconds <= runtime.monotonicSeconds()) return;
    entry.alsoAtSeconds = Math.min(atSeconds, entry.alsoAtSeconds ?? atSeconds);
  }

  function notifyWaiters(): void {
    if (neverRun.size === 0) for (const resolve of waiters.splice(0)) resolve();
  }

  async function tick(): Promise<void> {
    while (!stopping.signal.aborted) {
      lastTickAtSeconds = runtime.monotonicSeconds();
      try {
        onTick();
      } catch (error) {
        onError(error, 'tick');
      }
      for (const [name, group] of groups) {
        if (group.entries.size === 0 && group.running === 0) groups.delete(name);
        else startDue(group);
      }
      await runtime.sleep(TICK_SECONDS, stopping.signal).catch(() => undefined);
    }
  }

  return {
    start() {
      // The first tick starts tasks, so it must come after the loop was created.
      loop = Promise.resolve().then(tick);
    },
    has: (key) => entries.has(key),
    add: (task) => add(task),
    startDue(name) {
      const group = groups.get(name);
      if (group) startDue(group);
    },
    remove,
    restart,
    setInterval,
    runSooner,
    runAlsoAt,
    dueAt(key) {
      const entry = entries.get(key);
      return entry === undefined || entry.running ? undefined : nextRunOf(entry);
    },
    lastTickAt: () => lastTickAtSeconds,
    progress: () => ({ ended: entries.size - neverRun.size, total: entries.size }),
    allHaveRun() {
      return new Promise((resolve) => {
        waiters.push(resolve);
        notifyWaiters();
      });
    },
    async stop() {
      stopping.abort(new Error('the program is stopping'));
      for (const { running } of entries.values()) running?.abort(stopping.signal.reason);
      await Promise.all([loop, ...ending]);
    },
  };
}

function nextRunOf({ dueAtSeconds, alsoAtSeconds = dueAtSeconds }: Entry): number {
  return Math.min(dueAtSeconds, alsoAtSeconds);
}

/** A stable number in [0, 1): FNV-1a, 32 bits, with a final mix, so that similar keys get very different numbers. */
export function phaseOf(key: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(key, 'utf8')) hash = Math.imul(hash ^ byte, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** The first beat after `nowSeconds`. Beats that were missed are skipped. */
export function nextBeat(nowSeconds: number, intervalSeconds: number, phase: number): number {
  const offset = phase * intervalSeconds;
  return (Math.floor((nowSeconds - offset) / intervalSeconds) + 1) * intervalSeconds + offset;
}
