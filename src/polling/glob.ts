/** Patterns of names: `*` matches any characters, `?` matches one character. */

/** The running time is at most proportional to the product of both lengths, for every pattern. */
export function matchesGlob(glob: string, name: string): boolean {
  let inGlob = 0;
  let inName = 0;
  /** The positions after the last star: in the pattern, and in the name after the text that the star matches. */
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
