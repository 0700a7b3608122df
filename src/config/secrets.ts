/**
 * A secret comes from a file, an environment variable or the config. Only the result of `read` contains the value.
 * Files are read again each time, so that a rotated secret needs no restart.
 */
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import type { SecretSource } from '../atlas/auth/credentials.ts';
import { type Checked, given } from '../support/checked.ts';
import type { FileReader } from './files.ts';

export type Environment = Readonly<Record<string, string | undefined>>;
export type SecretForm = 'inline' | 'file' | 'env';

export interface SecretPlace {
  /** The folder for relative paths. */
  readonly directory: string;
  /** Absolute path of the config file that has the secret or names its place. */
  readonly configFile?: string;
  readonly env: Environment;
  readonly files: FileReader;
  /** The key, such as `client_id`. A value that belongs in the other key of a pair is refused. */
  readonly slot?: string;
  /** Receives each secret that is read, now and later, so that the log can hide it. */
  readonly onSecret?: ((secret: string) => void) | undefined;
}

export interface OpenedSecret {
  readonly source: SecretSource;
  /** The problem contains neither the value nor the path or variable, because users write secrets there by mistake. */
  readonly check: () => Promise<Checked<string>>;
}

/**
 * The formats of Atlas. Those without a prefix are not unique, so they count only for keys where such a value is
 * expected.
 */
const FORMS: readonly { readonly form: RegExp; readonly what: string; readonly not: (slot: string) => boolean }[] = [
  { form: /^mdb_sa_id_/, what: 'a client id, which belongs in client_id', not: (slot) => slot !== 'client_id' },
  {
    form: /^mdb_sa_sk_/,
    what: 'a client secret, which belongs in client_secret',
    not: (slot) => slot !== 'client_secret',
  },
  {
    form: /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i,
    what: 'a private key, which belongs in private_key',
    not: (slot) => slot === 'public_key' || slot === 'client_id',
  },
  { form: /^[a-z]{8}$/, what: 'a public key, which belongs in public_key', not: (slot) => slot === 'private_key' },
];

const LARGEST_BYTES = 64 * 1024;

export function openSecret(form: SecretForm, text: string, place: SecretPlace): OpenedSecret {
  switch (form) {
    case 'inline': {
      const identity = `inline ${createHash('sha256').update(text).digest('hex')}`;
      return opened({ identity, description: 'inline', ...given({ file: place.configFile }) }, place, async () =>
        checkInline(text, place),
      );
    }
    case 'env': {
      const description = `environment variable ${text}`;
      return opened({ identity: description, description }, place, async () => checkVariable(text, place));
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

function checkInline(text: string, { slot }: SecretPlace): Checked<string> {
  return /^\$(?:[A-Za-z_]\w*|\{[A-Za-z_]\w*\})$/.test(text)
    ? { problem: 'variables are not replaced here: write the name of the variable, without $ and braces, as …_env' }
    : checkSecret(text, slot);
}

function checkVariable(name: string, { env, slot }: SecretPlace): Checked<string> {
  const value = env[name] ?? '';
  return value === '' ? { problem: 'this environment variable is not set' } : checkSecret(value, slot);
}

async function checkFile(path: string, { directory, files, slot }: SecretPlace): Promise<Checked<string>> {
  const bytes = await files.readBytes({ path, directory, largestBytes: LARGEST_BYTES, purpose: 'a secret' });
  return 'problem' in bytes ? bytes : checkSecret(new TextDecoder().decode(bytes.value), slot);
}

/** A header cannot contain other characters. Here the problem has a position in the config. */
function checkSecret(text: string, slot?: string): Checked<string> {
  const secret = text.replace(/\r?\n$/, '');
  if (secret === '') return { problem: 'the secret is empty' };
  if (/[\r\n]/.test(secret)) return { problem: 'the secret has more than one line' };
  if (/^["'`“”„‘’«]|["'`“”‘’»]$/.test(secret)) return { problem: 'the secret is in quotes: remove them' };
  if (!/^[\x21-\x7e]+$/.test(secret)) return { problem: 'the secret has a space or a character outside of ASCII' };
  const swapped = slot === undefined ? undefined : FORMS.find(({ form, not }) => not(slot) && form.test(secret));
  return swapped === undefined ? { value: secret } : { problem: `this is ${swapped.what}: are two secrets swapped?` };
}

/** The first of these variables that is set. */
export function firstSet(names: readonly string[], env: Environment): string | undefined {
  return names.find((name) => (env[name] ?? '') !== '');
}
