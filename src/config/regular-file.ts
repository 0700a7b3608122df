/** The bytes of a small file that the config names, or why they can't be had: without its path, as a secret may stand there. */
import { constants, open } from 'node:fs/promises';

export type Contents = { readonly bytes: Uint8Array } | { readonly why: string };

export interface FilePlace {
  readonly path: string;
  /** Where relative paths begin, to be told of. */
  readonly directory: string;
  readonly largestBytes: number;
  /** What the file should be: `a secret`. */
  readonly purpose: string;
}

export async function readRegularFile({ path, directory, largestBytes, purpose }: FilePlace): Promise<Contents> {
  try {
    // A pipe that nobody writes to would never be opened.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = await file.stat();
      if (stats.isDirectory()) return { why: 'this is a directory, not a file' };
      if (!stats.isFile()) return { why: 'this is not a regular file' };
      if (stats.size > largestBytes) return { why: `the file is too large for ${purpose}` };
      return { bytes: await file.readFile() };
    } finally {
      await file.close();
    }
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === 'ENOENT') return { why: `there is no such file (relative paths begin at ${directory})` };
    if (code === 'EACCES' || code === 'EPERM') return { why: 'this program is not allowed to read the file' };
    return { why: `the file can not be read (${code ?? 'unknown error'})` };
  }
}
