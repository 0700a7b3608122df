/**
 * What is watched at this moment: the targets that the config names and those that discoveries have found, in the states and
 * in the scheduler alike. Each change is one synchronous step; targets that stay keep what is known of them and their beats.
 */
import { type Failure, SLOTS, type Slot, type Target, type TargetState } from '../collectors/collector.ts';
import type { Discovery } from './discovery.ts';
import { type GivenUp, HURRY_SECONDS, pollKeyOf } from './poll.ts';
import { createProjects, type ProjectTools } from './projects.ts';
import type { Scheduler, Task } from './scheduler.ts';
import type { States } from './states.ts';
import { groupOf, keyOf, targetsOf, type Wanted } from './targets.ts';

export interface WatchSettings extends ProjectTools {
  readonly wanted: Wanted;
  readonly states: States;
  pollsOf(target: Target): readonly Task[];
  /** The state as the settings in force have it: intervals, and what is polled at all. Asked when they may have changed. */
  revised(state: TargetState): TargetState;
}

export interface Watch {
  /** From now on tasks run. */
  start(scheduler: TaskRunner): void;
  /** Drops a target that was found, not named, and can't have what is looked for; until it is found again. */
  giveUp(target: Target, failure: Failure): GivenUp;
  /** One per project whose clusters are found. */
  discoveries(): readonly Discovery[];
  /**
   * Other targets and settings from now on. Who is asked for with another credential is polled at once.
   * @param isOther whether this credential is another one now, though its name is the same
   */
  change(wanted: Wanted, isOther: (credential: string) => boolean): void;
  /** The next poll of each target for that slot comes within a minute, though its interval may be longer. */
  hurry(slot: Slot): void;
}

type TaskRunner = Pick<Scheduler, 'set' | 'renew' | 'pace' | 'hasten'>;

export function createWatch(settings: WatchSettings): Watch {
  let { wanted } = settings;
  const { states } = settings;
  const dropped = new Set<string>();
  const told = new Set<string>();
  let scheduler: TaskRunner | undefined;

  const projects = createProjects(wanted, settings, { onFound, onName: () => apply() });

  function apply(revise?: (state: TargetState) => TargetState): void {
    states.replace(targetsOf(wanted, { found: projects.found, projectNames: projects.names, dropped }), revise);
    // Discoveries come first: others may wait for what they find.
    const polls = [...states.all()].flatMap(({ target }) => settings.pollsOf(target));
    scheduler?.set([...projects.discoveries().map(({ task }) => task), ...polls, ...projects.nameTasks()]);
  }

  function onFound(groupId: string, clusters: readonly { readonly name: string }[]): void {
    const keys = new Set(clusters.map(({ name }) => keyOf(groupId, name)));
    for (const key of dropped) if (groupOf(key) === groupId) dropped.delete(key);
    for (const key of told) if (groupOf(key) === groupId && !keys.has(key)) told.delete(key);
    apply();
  }

  function giveUp({ key, discovered }: Target, { reason }: Failure): GivenUp {
    if (!discovered || reason !== 'unsupported') return 'no';
    const isNews = !told.has(key);
    told.add(key);
    dropped.add(key);
    apply();
    return isNews ? 'aloud' : 'silently';
  }

  function change(next: Wanted, isOther: (credential: string) => boolean): void {
    const before = new Map(Array.from(states.all(), (state) => [state.target.key, state]));
    const { renew, pace } = projects.change(
      next,
      Array.from(before.values(), ({ target }) => target),
      isOther,
    );
    for (const key of renew) scheduler?.renew(key);
    for (const [key, intervalSeconds] of pace) scheduler?.pace(key, intervalSeconds);
    wanted = next;
    for (const keys of [dropped, told]) for (const key of keys) if (!projects.found.has(groupOf(key))) keys.delete(key);
    apply((state) => {
      const known = before.get(state.target.key);
      const revised = settings.revised(state);
      if (known && scheduler) reschedule(scheduler, known, revised, isOther);
      return revised;
    });
  }

  function hurry(slot: Slot): void {
    apply((state) => {
      const inSeconds = scheduler?.hasten(pollKeyOf(state.target.key, slot), HURRY_SECONDS);
      if (inSeconds === undefined) return state;
      return { ...state, [slot]: { ...state[slot], nextAtSeconds: settings.runtime.wallSeconds() + inSeconds } };
    });
  }

  apply();
  return {
    start(running) {
      scheduler = running;
      apply();
    },
    giveUp,
    discoveries: projects.discoveries,
    change,
    hurry,
  };
}

function reschedule(
  scheduler: TaskRunner,
  before: TargetState,
  now: TargetState,
  isOther: (credential: string) => boolean,
): void {
  const { key, credential } = now.target;
  const isRenewed = isOther(credential) || credential !== before.target.credential;
  for (const slot of SLOTS) {
    const { intervalSeconds } = now[slot];
    if (isRenewed) scheduler.renew(pollKeyOf(key, slot));
    else if (intervalSeconds !== before[slot].intervalSeconds) scheduler.pace(pollKeyOf(key, slot), intervalSeconds);
  }
}
