/**
 * Reads the files of a config: config file, secrets, certificates. Each read ends within a fixed time. At most one read
 * of a path is in flight, because a read from a network disk that hangs blocks one of the four threads of Node.js.
 */
import { constants, createReadStream, open } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { withinDeadline } from '../support/abortable.ts';
import type { Checked } from '../support/checked.ts';
import type { Runtime } from '../support/runtime.ts';

export type FileReader = ReturnType<typeof createFileReader>;

interface Limits {
  /** More than allowed is read, so that the caller notices a file that is too large. */
  readonly largestBytes: number;
  readonly mustBeRegular: boolean;
}

const LARGEST_CONFIG_BYTES = 5 * 1000 * 1000;
const SMALL_FILE_SECONDS = 5;
/** The timeout of a pipe is longer, because the writing program may first request a key from a key service. */
const CONFIG_FILE_SECONDS = 30;

export function createFileReader(runtime: Pick<Runtime, 'after'>, read = readFile) {
  /** The reads in progress, by path; `isLate` if the read has timed out and has not ended yet. */
  const reads = new Map<string, { readonly bytes: Promise<Uint8Array>; isLate: boolean }>();

  async function readWithin(seconds: number, path: string, limits: Limits): Promise<Checked<Uint8Array>> {
    const tooSlow = { problem: `could not be read within ${seconds} seconds: is its disk reachable?` };
    const known = reads.get(path);
    if (known?.isLate) return tooSlow;
    const current = known ?? { bytes: read(path, limits), isLate: false };
    if (known === undefined) {
      const forget = (): void => void reads.delete(path);
      reads.set(path, current);
      current.bytes.then(forget, forget);
    }
    const late = new Error();
    try {
      return { value: await withinDeadline({ runtime, seconds, late: () => late }, () => current.bytes) };
    } catch (error) {
      if (error !== late) return { problem: reasonOf(error) };
      current.isLate = true;
      return tooSlow;
    }
  }

  return {
    /**
     * The text of a config file, at most 5 MB of UTF-8. A pipe such as `<(sops -d config.yml)` works too.
     * @param name the path as the user wrote it
     */
    async readText(path: string, name: string, what: string): Promise<Checked<string>> {
      const limits = { largestBytes: LARGEST_CONFIG_BYTES, mustBeRegular: false };
      const bytes = await readWithin(CONFIG_FILE_SECONDS, path, limits);
      const text = 'problem' in bytes ? bytes : decodeText(bytes.value, what);
      return 'problem' in text ? { problem: `${what} ${name} ${text.problem}` } : text;
    },
    /**
     * The text of a regular file. The problem does not contain the path: users write secrets there by mistake.
     * @param purpose what the file holds, such as `a secret`
     */
    async readSmall(path: string, largestBytes: number, purpose: string): Promise<Checked<string>> {
      const bytes = await readWithin(SMALL_FILE_SECONDS, path, { largestBytes, mustBeRegular: true });
      if ('problem' in bytes) {
        const hint = bytes.problem === MISSING ? ' (a relative path begins at the folder of the config file)' : '';
        return { problem: `the file ${bytes.problem}${hint}` };
      }
      if (bytes.value.length > largestBytes) return { problem: `the file is too large for ${purpose}` };
      return { value: new TextDecoder().decode(bytes.value) };
    },
  };
}

function decodeText(bytes: Uint8Array, what: string): Checked<string> {
  if (bytes.length > LARGEST_CONFIG_BYTES) return { problem: `is larger than 5 MB: is this the ${what}?` };
  try {
    return { value: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return { problem: 'is not UTF-8: save it in that encoding' };
  }
}

/** O_NONBLOCK, because opening a pipe without a writer would otherwise wait for ever. */
const READ_AT_ONCE = constants.O_RDONLY | constants.O_NONBLOCK;

async function readFile(path: string, { largestBytes, mustBeRegular }: Limits): Promise<Uint8Array> {
  const stats = await stat(path);
  if (mustBeRegular && !stats.isFile() && !stats.isDirectory()) throw new Error(NOT_REGULAR);
  const fd = await promisify(open)(path, READ_AT_ONCE);
  // A socket waits for the writer of a pipe without one of the threads of Node.js, and does not keep the program from
  // ending.
  const stream: AsyncIterable<Buffer> = stats.isFIFO()
    ? new Socket({ fd, writable: false }).unref()
    : createReadStream(path, { fd });
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > largestBytes) break;
  }
  return Buffer.concat(chunks);
}

const MISSING = 'does not exist';
const NOT_REGULAR = 'is not a regular file';

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (message === NOT_REGULAR) return message;
  if (code === 'ENOENT' || code === 'ENOTDIR') return MISSING;
  if (code === 'EISDIR') return 'is a directory';
  if (code === 'EACCES' || code === 'EPERM') return 'cannot be read: permission denied';
  return `cannot be read (${code ?? 'unknown error'})`;
}

/**
 * The files of `--config.file`: a folder stands for its files `*.yml` and `*.yaml`, in the order of their names. An
 * empty folder stands for a file that does not exist.
 */
export async function listFiles(names: readonly string[], cwd: string): Promise<readonly string[]> {
  const lists = names.map(async (name) => {
    const path = resolve(cwd, name);
    // What cannot be read is reported by the read that follows.
    if (!(await stat(path).catch(() => undefined))?.isDirectory()) return [name];
    const entries = await readdir(path).catch(() => []);
    const files = entries.filter((entry) => /^[^.].*\.ya?ml$/.test(entry)).toSorted();
    return (files.length > 0 ? files : ['*.yml']).map((entry) => join(name, entry));
  });
  return (await Promise.all(lists)).flat();
}
