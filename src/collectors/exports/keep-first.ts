/** Keeps the first few of many items by an order, whatever the order they come in. */
export interface Top<T> {
  add(item: T): void;
  /** In order, at most `size`. */
  list(): readonly T[];
  /** How many have come in beyond those kept. */
  dropped(): number;
}

export function createTop<T>(size: number, order: (a: T, b: T) => number): Top<T> {
  let kept: T[] = [];
  let added = 0;

  function trim(): void {
    kept.sort(order);
    kept = kept.slice(0, size);
  }

  return {
    add(item) {
      added += 1;
      // Nearly all items of a long list are beaten by those kept: they cost one comparison.
      const last = kept[size - 1];
      if (kept.length === size && last !== undefined && order(last, item) <= 0) return;
      kept.push(item);
      trim();
    },
    list: () => kept,
    dropped: () => added - kept.length,
  };
}
