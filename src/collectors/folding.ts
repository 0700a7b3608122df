/** Helpers that reduce a list to a summary, or split it into groups. */

export function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}

export function zeros<K extends string>(keys: readonly K[]): Record<K, number> {
  return Object.fromEntries(keys.map((key) => [key, 0])) as Record<K, number>;
}

/** Keeps the first few of many items in a given order, independent of the order in which they are added. */
export function createKeepFirst<T>(size: number, order: (a: T, b: T) => number) {
  const kept: T[] = [];
  let added = 0;
  return {
    add(item: T): void {
      added += 1;
      // Fast path: most items of a long list come after all kept items, so one comparison is enough.
      let index = kept.length;
      while (index > 0 && order(kept[index - 1] as T, item) > 0) index -= 1;
      if (index >= size) return;
      kept.splice(index, 0, item);
      if (kept.length > size) kept.pop();
    },
    /** The kept items in order, at most `size`. */
    list: (): readonly T[] => kept,
    /** Number of added items that were not kept. */
    dropped: () => added - kept.length,
  };
}

/** The items with equal keys together, in the order of the first of each. */
export function grouped<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
