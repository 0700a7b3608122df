/**
 * How long one poll may work: its exchanges and the pauses between attempts, not its waiting for a turn in the budget.
 * It is spent, not timed: whoever uses time says how much, so there is no timer to leave behind.
 */
export interface Work {
  remainingSeconds(): number;
  spend(seconds: number): void;
}

export function createWork(seconds: number): Work {
  let remaining = seconds;
  return {
    remainingSeconds: () => remaining,
    spend(spentSeconds) {
      remaining -= spentSeconds;
    },
  };
}
