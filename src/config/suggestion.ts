/** Which of the known words someone meant. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map((candidate) => ({ candidate, distance: distanceBetween(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= farthest(candidate))
    .sort((left, right) => left.distance - right.distance);
  return best?.candidate;
}

/** Two letters changed places count as two mistakes; in a very short word that would be any other word. */
function farthest(candidate: string): number {
  return candidate.length < 4 ? 1 : Math.max(2, Math.floor(candidate.length / 3));
}

/** How many letters have to be put in, taken out or changed. */
function distanceBetween(left: string, right: string): number {
  // A word much longer than all that is known is near to none of them, and not worth the time.
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
