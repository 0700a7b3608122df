/** Random numbers by name: the same seed and key always give the same number. Not for secrets. */

export type Chance = ReturnType<typeof createChance>;

export function createChance(seed: number) {
  const start = mix(0x811c9dc5, seed);

  function numberOf(word: string): number {
    return Array.from(word).reduce((mixed, letter) => mix(mixed, letter.charCodeAt(0)), word.length);
  }

  function hash(key: readonly (string | number)[]): number {
    let state = start;
    for (const part of key) state = mix(state, typeof part === 'number' ? part : numberOf(part));
    return state;
  }

  function of(...key: readonly (string | number)[]): number {
    return hash(key) / 2 ** 32;
  }

  function hex(digits: number, ...key: readonly (string | number)[]): string {
    const first = hash(key);
    let text = '';
    for (let block = 0; text.length < digits; block += 1) text += mix(first, block).toString(16).padStart(8, '0');
    return text.slice(0, digits);
  }

  return { of, hex };
}

/** The finalizer of MurmurHash3 over both numbers. */
function mix(state: number, part: number): number {
  let mixed = Math.imul(state ^ part, 0x85ebca6b) + 0x9e3779b9;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
