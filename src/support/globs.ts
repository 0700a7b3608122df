/** Patterns for names: `*` stands for any characters, `?` for one. Upper and lower case differ. */

/** The settings of the first override whose pattern the name matches; nothing if there is none. */
export function overrideFor<T extends object>(overrides: readonly (T & { readonly match: string })[], name: string) {
  const { match: _match, ...settings } = overrides.find(({ match }) => matchesGlob(match, name)) ?? { match: '' };
  return settings as Partial<Omit<T, 'match'>>;
}

/** Goes back only to the latest `*`, so that a pattern with many of them is not slow. */
export function matchesGlob(glob: string, name: string): boolean {
  let star = -1;
  let starAt = 0;
  let position = 0;
  for (let index = 0; index < name.length; ) {
    const wanted = glob.charAt(position);
    if (wanted === '*') {
      star = position;
      starAt = index;
      position += 1;
    } else if (wanted === '?' || wanted === name.charAt(index)) {
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
