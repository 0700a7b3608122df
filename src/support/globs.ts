/** Patterns for names: `*` stands for any characters, `?` for one. Upper and lower case differ. */

export function matchesGlob(glob: string, name: string): boolean {
  return fits(glob, name, (wanted, given) => wanted === '?' || wanted === given);
}

/** The settings of the first override whose pattern the name matches; nothing if there is none. */
export function overrideFor<T extends object>(overrides: readonly (T & { readonly match: string })[], name: string) {
  const { match: _match, ...settings } = overrides.find(({ match }) => matchesGlob(match, name)) ?? { match: '' };
  return settings as Partial<Omit<T, 'match'>>;
}

/** Whether every name that matches `inner` matches `outer` too. */
export function globCovers(outer: string, inner: string): boolean {
  return fits(outer, inner, (wanted, given) => (wanted === '?' ? given !== '*' : wanted === given));
}

/** Goes back only to the latest `*`, so that a pattern with many of them is not slow. */
function fits(glob: string, text: string, isOne: (wanted: string, given: string) => boolean): boolean {
  let star = -1;
  let starAt = 0;
  let position = 0;
  for (let index = 0; index < text.length; ) {
    const wanted = glob.charAt(position);
    if (wanted === '*') {
      star = position;
      starAt = index;
      position += 1;
    } else if (position < glob.length && isOne(wanted, text.charAt(index))) {
      position += 1;
      index += 1;
    } else if (star < 0) {
      return false;
    } else {
      starAt += 1;
      index = starAt;
      position = star + 1;
    }
  }
  return /^\**$/.test(glob.slice(position));
}

/** Whether there can be a name that matches both. */
export function globsOverlap(left: string, right: string): boolean {
  // The pairs of positions up to which both can match the same text.
  const reached = new Set(['0 0']);
  for (let i = 0; i <= left.length; i += 1) {
    for (let j = 0; j <= right.length; j += 1) {
      if (!reached.has(`${i} ${j}`)) continue;
      const [a, b] = [left[i], right[j]];
      if (a === '*' || b === '*') reached.add(`${i + 1} ${j}`).add(`${i} ${j + 1}`);
      else if (a === b || a === '?' || b === '?') reached.add(`${i + 1} ${j + 1}`);
    }
  }
  return reached.has(`${left.length} ${right.length}`);
}
