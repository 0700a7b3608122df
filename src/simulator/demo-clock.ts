/**
 * Two clocks. Story time runs as in real life, a day being a day; the wall clock shows a demo in which everything after
 * the start goes `speed` times as fast. Before the start they agree. Pure, both ways exact, both only forward.
 */

export interface StoryTime {
  readonly startedAtMs: number;
  toStory(wallMs: number): number;
  toWall(storyMs: number): number;
}

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

export function createStoryTime(startedAtMs: number, speed: number): StoryTime {
  if (!(speed > 0) || !Number.isFinite(speed)) {
    throw new RangeError(`The speed must be a number above 0, not ${speed}.`);
  }
  return {
    startedAtMs,
    toStory: (wallMs) => (wallMs <= startedAtMs ? wallMs : startedAtMs + (wallMs - startedAtMs) * speed),
    toWall: (storyMs) => (storyMs <= startedAtMs ? storyMs : startedAtMs + (storyMs - startedAtMs) / speed),
  };
}

/** The API's form of a time: whole seconds, cut rather than rounded, so that nothing happens before its time. */
export function isoSeconds(wallMs: number): string {
  return `${new Date(wallMs).toISOString().slice(0, 19)}Z`;
}
