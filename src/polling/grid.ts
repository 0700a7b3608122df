/** When a target's beats are: multiples of its interval, moved by a phase of its own, so that targets spread evenly. */

/** A stable number in [0, 1) for a key: FNV-1a, 32 bits, mixed at its end so that like keys lie far apart. */
export function phaseOf(key: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(key, 'utf8')) hash = Math.imul(hash ^ byte, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** The first beat after `nowSeconds`. Beats that have passed are skipped, not made up for. */
export function nextBeat(nowSeconds: number, intervalSeconds: number, phase: number): number {
  const offset = phase * intervalSeconds;
  return (Math.floor((nowSeconds - offset) / intervalSeconds) + 1) * intervalSeconds + offset;
}
