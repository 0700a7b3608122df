/** Text helpers for problems: similar words, and values without secrets. */

/** The known word that is most similar to a misspelt one; undefined if none is similar enough. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= largestDistance(candidate))
    .sort((left, right) => left.distance - right.distance);
  return best?.candidate;
}

/**
 * Two swapped letters count as two errors. In a very short word, two errors could produce any other word, so fewer are
 * allowed.
 */
function largestDistance(candidate: string): number {
  return candidate.length < 4 ? 1 : Math.max(2, Math.floor(candidate.length / 3));
}

/** Levenshtein distance. */
function editDistance(left: string, right: string): number {
  // A much longer word is not similar to any known word, and comparing it would be slow.
  if (Math.abs(left.length - right.length) > right.length) return left.length;
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [i, letter] of left.split('').entries()) {
    const next = [i + 1];
    for (const [j, other] of right.split('').entries()) {
      const change = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(change, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

const LONGEST_QUOTE = 40;

/** A client secret of Atlas, an API key's private key, a token. */
const SECRET_FORM = /mdb_sa_sk_|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|^eyJ[\w-]+\./i;

/** Users write secrets into name fields by mistake. */
export function looksSecret(text: string): boolean {
  return SECRET_FORM.test(text);
}

/** Whether the text looks like a path. A secret that was written there by mistake does not. */
export function looksPath(text: string): boolean {
  return !looksSecret(text) && (/[/.]/.test(text) || /^[a-z_-]{1,20}$/.test(text));
}

/** A value for a message: short, in quotes, on one line. Not for places where a secret belongs. */
export function quote(value: unknown): string {
  if (typeof value !== 'string') return String(value);
  if (looksSecret(value)) return '[redacted]';
  return JSON.stringify(value.length > LONGEST_QUOTE ? `${value.slice(0, LONGEST_QUOTE)}…` : value);
}

/** `a, b and c` */
export function listed(words: readonly string[], conjunction: 'and' | 'or'): string {
  return words.join(', ').replace(/, ([^,]+)$/, ` ${conjunction} $1`);
}
