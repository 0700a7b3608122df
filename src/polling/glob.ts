/** Patterns of names: `*` stands for any characters, `?` for one. */

/** In time that grows with the product of both lengths at most, whatever the pattern. */
export function matchesGlob(glob: string, name: string): boolean {
  let inGlob = 0;
  let inName = 0;
  /** Behind the last star, and where in the name what it stands for ends so far. */
  let star: { readonly glob: number; readonly name: number } | undefined;
  while (inName < name.length) {
    const wanted = glob[inGlob];
    if (wanted === '*') {
      inGlob += 1;
      star = { glob: inGlob, name: inName };
    } else if (wanted === '?' || (wanted !== undefined && wanted === name[inName])) {
      inGlob += 1;
      inName += 1;
    } else if (star !== undefined) {
      star = { glob: star.glob, name: star.name + 1 };
      inGlob = star.glob;
      inName = star.name;
    } else {
      return false;
    }
  }
  return /^\**$/.test(glob.slice(inGlob));
}
