/** Patterns for names: `*` stands for any characters, `?` for one. Upper and lower case differ. */

/** The settings of the first override whose pattern the name matches; nothing if there is none. */
export function overrideFor<T extends object>(overrides: readonly (T & { readonly match: string })[], name: string) {
  const { match: _match, ...settings } = overrides.find(({ match }) => matchesGlob(match, name)) ?? { match: '' };
  return settings as Partial<Omit<T, 'match'>>;
}

export function matchesGlob(glob: string, name: string): boolean {
  const pattern = glob.replace(/[\\^$.|+()[\]{}]/g, '\\$&').replaceAll('?', '.');
  return new RegExp(`^${pattern.replace(/\*+/g, '.*')}$`, 's').test(name);
}
