/** A file that others read at any moment: they find what was there before or all of the new text, never a part. */
import { open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** node_exporter runs as another user. */
const READABLE_BY_ALL = 0o644;

/** Why nothing could ever be written there; undefined where it can be tried. */
export async function obstacleTo(path: string): Promise<string | undefined> {
  const folder = await stat(dirname(path)).catch(() => undefined);
  if (!folder?.isDirectory()) return 'its folder does not exist';
  const there = await stat(path).catch(() => undefined);
  // Put in the place of a device or a pipe, a file would hurt more than one program.
  return there === undefined || there.isFile() ? undefined : 'it is there, and no ordinary file';
}

/** @param nonce in the name of the draft, so that two who write at once don't meet */
export async function writeWhole(path: string, text: string, nonce: string): Promise<void> {
  // Beside it, since a rename works within one file system only; hidden and not `.prom`, so that no collector reads it.
  const draft = join(dirname(path), `.${basename(path)}.${nonce}.tmp`);
  const file = await open(draft, 'wx', READABLE_BY_ALL);
  try {
    try {
      await file.chmod(READABLE_BY_ALL);
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
