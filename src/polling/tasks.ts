/** Polls as tasks of the scheduler: which share places with which, and which come first. */
import type { Slot, Target } from '../collectors/collector.ts';
import { createPoll, type PollTools, pollKeyOf } from './poll.ts';
import type { Task } from './scheduler.ts';
import type { States } from './states.ts';

const LOOK_AGAIN_SECONDS = 2;
/** A target whose first poll takes longer must not keep what may wait of all others from ever being polled. */
const WAIT_AT_MOST_SECONDS = 600;

/** Due at once. */
export function createPollTask<K extends Slot>({ key, groupId }: Target, tools: PollTools<K>): Task {
  return { key: pollKeyOf(key, tools.collector.slot), lane: groupId, run: createPoll(key, tools) };
}

/**
 * For what may wait: one at a time per project, so that it takes next to nothing of the project's budget from other polls,
 * and not before each target of the project has been polled for the slot `after`, or ten minutes have passed.
 */
export function createLaterTask<K extends Slot>({ key, groupId }: Target, after: Slot, tools: PollTools<K>): Task {
  const { slot } = tools.collector;
  const poll = createPoll(key, tools);
  const { states, runtime } = tools;
  let waitsUntilSeconds: number | undefined;
  return {
    key: pollKeyOf(key, slot),
    lane: `${slot} ${groupId}`,
    lanePlaces: 1,
    async run(signal) {
      const now = runtime.monotonicSeconds();
      waitsUntilSeconds ??= now + WAIT_AT_MOST_SECONDS;
      return now < waitsUntilSeconds && isUntried(states, groupId, after) ? LOOK_AGAIN_SECONDS : poll(signal);
    },
  };
}

function isUntried(states: States, groupId: string, slot: Slot): boolean {
  for (const state of states.all()) {
    if (state.target.groupId === groupId && state[slot].polls === 0) return true;
  }
  return false;
}
