/** The text of a config file, or why there is none. It knows nothing of what is in it. */
import { open } from 'node:fs/promises';
import type { Problem } from './problems.ts';

export type Text = { readonly text: string } | { readonly problem: Problem };

const LARGEST_BYTES = 5 * 1000 * 1000;

/** `what` it is, the `name` that people call it by, the `path` where it is. */
export async function readConfigFile(
  name: string,
  path: string,
  what: 'config file' | 'web config file' = 'config file',
): Promise<Text> {
  const wrong = (why: string): Text => ({ problem: { message: `${what} ${name} ${why}` } });
  try {
    const bytes = await readUpTo(path, LARGEST_BYTES + 1);
    if (bytes.length > LARGEST_BYTES) return wrong(`is larger than 5 MB: is this the ${what}?`);
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return wrong('is not UTF-8: save it in that encoding');
    if (code === 'ENOENT' || code === 'ENOTDIR') return wrong('does not exist');
    if (code === 'EISDIR') return wrong('is a directory');
    if (code === 'EACCES' || code === 'EPERM') return wrong('can not be read: this program is not allowed to');
    return wrong(`can not be read (${code ?? 'unknown error'})`);
  }
}

/** Not `readFile`: a pipe or a device has no size to look at first. */
async function readUpTo(path: string, limitBytes: number): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const buffer = new Uint8Array(limitBytes);
    let length = 0;
    while (length < limitBytes) {
      const { bytesRead } = await file.read(buffer, length, limitBytes - length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return buffer.subarray(0, length);
  } finally {
    await file.close();
  }
}
