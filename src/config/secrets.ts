/**
 * A secret comes from a file, an environment variable or the config itself. The value is only in what `read` resolves to,
 * never in a message or a property. Files are read anew each time, so that a rotated secret needs no restart.
 */
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import type { SecretSource } from '../atlas/auth/credentials.ts';
import type { Checked } from '../support/checked.ts';
import type { FileReader } from './files.ts';

export type Environment = Readonly<Record<string, string | undefined>>;
export type SecretForm = 'inline' | 'file' | 'env';

/** Where secrets are read from. */
export interface SecretPlace {
  /** Relative files begin here. */
  readonly directory: string;
  readonly env: Environment;
  readonly files: FileReader;
  /** Receives each secret that is read, now and later, so that the log can hide it. */
  readonly onSecret?: ((secret: string) => void) | undefined;
}

export interface OpenedSecret {
  readonly source: SecretSource;
  /** The problem contains neither the value nor the path or variable, because a secret may stand there by mistake. */
  readonly check: () => Promise<Checked<string>>;
}

const LARGEST_BYTES = 64 * 1024;

export function openSecret(form: SecretForm, text: string, place: SecretPlace): OpenedSecret {
  switch (form) {
    case 'inline': {
      const identity = `inline ${createHash('sha256').update(text).digest('hex')}`;
      return opened({ identity, description: 'inline' }, place, async () => checkInline(text));
    }
    case 'env': {
      const description = `environment variable ${text}`;
      return opened({ identity: description, description }, place, async () => checkVariable(place.env[text]));
    }
    case 'file': {
      const file = resolve(place.directory, text);
      const description = `file ${file}`;
      return opened({ identity: description, description, file }, place, () => checkFile(file, place));
    }
  }
}

function opened(
  where: Omit<SecretSource, 'read'>,
  { onSecret }: SecretPlace,
  attempt: () => Promise<Checked<string>>,
): OpenedSecret {
  async function check(): Promise<Checked<string>> {
    const secret = await attempt();
    if ('value' in secret) onSecret?.(secret.value);
    return secret;
  }

  async function read(): Promise<string> {
    const secret = await check();
    if ('problem' in secret) throw new Error(`${where.description}: ${secret.problem}`);
    return secret.value;
  }

  return { source: { ...where, read }, check };
}

function checkInline(text: string): Checked<string> {
  return /^\$(?:[A-Za-z_]\w*|\{[A-Za-z_]\w*\})$/.test(text)
    ? { problem: 'variables are not replaced here: write the name of the variable, without $ and braces, as …_env' }
    : checkSecret(text);
}

function checkVariable(value: string | undefined): Checked<string> {
  return value === undefined || value === '' ? { problem: 'this environment variable is not set' } : checkSecret(value);
}

async function checkFile(path: string, { directory, files }: SecretPlace): Promise<Checked<string>> {
  const bytes = await files.readBytes({ path, directory, largestBytes: LARGEST_BYTES, purpose: 'a secret' });
  return 'problem' in bytes ? bytes : checkSecret(new TextDecoder().decode(bytes.value));
}

/** A header cannot carry anything else, and here the problem still has a place in the config. */
function checkSecret(text: string): Checked<string> {
  const secret = text.replace(/\r?\n$/, '');
  if (secret === '') return { problem: 'the secret is empty' };
  if (/[\r\n]/.test(secret)) return { problem: 'the secret has more than one line' };
  if (!/^[\x21-\x7e]+$/.test(secret)) return { problem: 'the secret has a space or a character outside of ASCII' };
  return { value: secret };
}
