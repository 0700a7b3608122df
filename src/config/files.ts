/**
 * Reads the files that a config consists of: the config file, secrets, certificates. Each read ends within a fixed time,
 * and at most one read of a path is in flight, shared by all callers: a network disk that hangs blocks a thread of Node.js
 * for each read, and Node.js has four of them. One reader is made per program. It knows nothing about the contents.
 */
import { constants, open } from 'node:fs/promises';
import type { Checked } from '../support/checked.ts';
import type { Runtime } from '../support/runtime.ts';

export interface FileReader {
  /**
   * The text of a config file, at most 5 MB of UTF-8. A pipe such as `<(sops -d config.yml)` works too.
   * @param name the path as the user wrote it
   */
  readText(path: string, name: string, what: 'config file' | 'web config file'): Promise<Checked<string>>;
  /** The bytes of a small regular file. The problem does not contain the path, because a secret may stand there. */
  readBytes(file: SmallFile): Promise<Checked<Uint8Array>>;
}

export interface SmallFile {
  readonly path: string;
  /** Where relative paths begin; the problem of a missing file names it. */
  readonly directory: string;
  readonly largestBytes: number;
  /** What the file holds, such as `a secret`. */
  readonly purpose: string;
}

export interface FileReaderParts {
  readonly runtime: Pick<Runtime, 'sleep'>;
  /** Tests replace these. */
  readonly readSmallFile?: typeof readRegularFile;
  readonly readConfigFile?: typeof readUpTo;
}

const LARGEST_CONFIG_BYTES = 5 * 1000 * 1000;
const SMALL_FILE_SECONDS = 5;
/** Longer, because the program behind a pipe may have to ask a key service first. */
const CONFIG_FILE_SECONDS = 30;

export function createFileReader({
  runtime,
  readSmallFile = readRegularFile,
  readConfigFile = readUpTo,
}: FileReaderParts): FileReader {
  /** By path; `isLate` is set when a read has taken too long and has not ended yet. */
  const reads = new Map<string, { readonly bytes: Promise<Uint8Array>; isLate: boolean }>();

  async function within(seconds: number, path: string, start: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const known = reads.get(path);
    const read = known ?? { bytes: start(), isLate: false };
    if (read.isLate) throw tooSlow(seconds);
    const forget = (): void => void reads.delete(path);
    if (known === undefined) {
      reads.set(path, read);
      read.bytes.then(forget, forget);
    }
    const ended = new AbortController();
    const timeout = runtime.sleep(seconds, ended.signal).then(() => {
      read.isLate = true;
      throw tooSlow(seconds);
    });
    try {
      return await Promise.race([read.bytes, timeout]);
    } finally {
      timeout.catch(() => undefined);
      ended.abort();
    }
  }

  return {
    async readText(path, name, what) {
      try {
        const bytes = await within(CONFIG_FILE_SECONDS, path, () => readConfigFile(path, LARGEST_CONFIG_BYTES + 1));
        if (bytes.length > LARGEST_CONFIG_BYTES) throw refusal(`is larger than 5 MB: is this the ${what}?`);
        return { value: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
      } catch (error) {
        return { problem: `${what} ${name} ${reasonOf(error)}` };
      }
    },
    async readBytes(file) {
      try {
        return { value: await within(SMALL_FILE_SECONDS, file.path, () => readSmallFile(file)) };
      } catch (error) {
        const where =
          (error as NodeJS.ErrnoException).code === 'ENOENT' ? ` (relative paths begin at ${file.directory})` : '';
        return { problem: `the file ${reasonOf(error)}${where}` };
      }
    },
  };
}

async function readRegularFile({ path, largestBytes, purpose }: SmallFile): Promise<Uint8Array> {
  // O_NONBLOCK: to open a pipe that nobody writes to would wait for ever.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = await file.stat();
    if (stats.isDirectory()) throw refusal('is a directory');
    if (!stats.isFile()) throw refusal('is not a regular file');
    if (stats.size > largestBytes) throw refusal(`is too large for ${purpose}`);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** Not `readFile`, because the size of a pipe or device is not known in advance. */
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

/** An error whose message is the end of a sentence about the file. */
function refusal(reason: string): Error {
  return Object.assign(new Error(reason), { code: 'REFUSED' });
}

function tooSlow(seconds: number): Error {
  return refusal(`could not be read within ${seconds} seconds: is its disk reachable?`);
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'REFUSED':
      return message;
    case 'ERR_ENCODING_INVALID_ENCODED_DATA':
      return 'is not UTF-8: save it in that encoding';
    case 'ENOENT':
    case 'ENOTDIR':
      return 'does not exist';
    case 'EISDIR':
      return 'is a directory';
    case 'EACCES':
    case 'EPERM':
      return 'cannot be read: this program is not allowed to';
    default:
      return `cannot be read (${code ?? 'unknown error'})`;
  }
}
