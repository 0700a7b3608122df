/**
 * The clock of the demo: from the start on, demo time runs `speed` times as fast as real time. Before the start both are
 * equal. All times are Unix milliseconds.
 */

export interface DemoClock {
  readonly startedAtMs: number;
  toDemoMs(realMs: number): number;
  toRealMs(demoMs: number): number;
}

export const minuteMs = 60_000;
export const dayMs = 24 * 60 * minuteMs;

export function createDemoClock(startedAtMs: number, speed: number): DemoClock {
  if (!(speed > 0) || !Number.isFinite(speed)) {
    throw new RangeError(`The speed must be a number above 0, not ${speed}.`);
  }
  return {
    startedAtMs,
    toDemoMs: (realMs) => (realMs <= startedAtMs ? realMs : startedAtMs + (realMs - startedAtMs) * speed),
    toRealMs: (demoMs) => (demoMs <= startedAtMs ? demoMs : startedAtMs + (demoMs - startedAtMs) / speed),
  };
}

/** The form of times in the API. Rounded down: a rounded-up time could lie in the future. */
export function isoSeconds(realMs: number): string {
  return `${new Date(realMs).toISOString().slice(0, 19)}Z`;
}
