/**
 * Random numbers by name: the same seed and the same key always give the same number, so the order of calls does not
 * matter and no state is kept. Not for secrets.
 */

export interface Chance {
  /** A number in [0, 1). */
  readonly of: (...key: readonly (string | number)[]) => number;
  /** That many lower-case hexadecimal digits. */
  readonly hex: (digits: number, ...key: readonly (string | number)[]) => string;
}

export function createChance(seed: number): Chance {
  const start = mix(0x811c9dc5, seed);
  /** There are few words, and each is hashed for every job. */
  const words = new Map<string, number>();

  function numberOf(word: string): number {
    let number = words.get(word);
    if (number === undefined) {
      number = Array.from(word).reduce((mixed, letter) => mix(mixed, letter.charCodeAt(0)), word.length);
      words.set(word, number);
    }
    return number;
  }

  function hash(key: readonly (string | number)[]): number {
    let state = start;
    for (const part of key) state = mix(state, typeof part === 'number' ? part : numberOf(part));
    return state;
  }

  function hex(digits: number, ...key: readonly (string | number)[]): string {
    const first = hash(key);
    let text = '';
    for (let block = 0; text.length < digits; block += 1) text += mix(first, block).toString(16).padStart(8, '0');
    return text.slice(0, digits);
  }

  return { of: (...key) => hash(key) / 2 ** 32, hex };
}

/** The finalizer of MurmurHash3 over both numbers. */
function mix(state: number, part: number): number {
  let mixed = Math.imul(state ^ part, 0x85ebca6b) + 0x9e3779b9;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
