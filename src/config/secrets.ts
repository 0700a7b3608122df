/**
 * A secret comes from a file, an environment variable or the config. Only the result of `read` contains the value.
 * Files are read again each time, so that a rotated secret needs no restart.
 */
import { createHash } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import type { SecretSource } from '../atlas/auth/credentials.ts';
import { type Checked, given } from '../support/checked.ts';
import type { FileReader } from './files.ts';
import type { Path } from './problems.ts';

export type Environment = Readonly<Record<string, string | undefined>>;
export type SecretForm = 'inline' | 'file' | 'env';

export interface SecretPlace {
  /** Absolute path of the config file that has the secret or names its place. Relative paths begin at its folder. */
  readonly configFile: string;
  readonly env: Environment;
  readonly files: FileReader;
  /** The key, such as `client_id`. A value that belongs in the other key of a pair is refused. */
  readonly slot?: string;
  /** Receives each secret that is read, now and later, so that the log can hide it. */
  readonly onSecret?: ((secret: string) => void) | undefined;
}

/** Of the secret or the file that the value at a path names. */
export type PlaceOf = (path: Path) => SecretPlace;

/**
 * The formats of Atlas, and the keys where each belongs. Those without a prefix are not unique, so they count only in
 * the keys that they are confused with.
 */
const FORMATS = [
  { format: /^mdb_sa_id_/, what: 'a client id', slot: 'client_id' },
  { format: /^mdb_sa_sk_/, what: 'a client secret', slot: 'client_secret' },
  {
    format: /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i,
    what: 'a private key',
    slot: 'private_key',
    wrongIn: ['public_key', 'client_id'],
  },
  { format: /^[a-z]{8}$/, what: 'a public key', slot: 'public_key', wrongIn: ['private_key'] },
];

const LARGEST_BYTES = 64 * 1024;

export function openSecret(form: SecretForm, text: string, place: SecretPlace) {
  const { configFile, env, files, slot = '', onSecret } = place;
  const path = resolve(dirname(configFile), text);
  const description = { inline: 'inline', env: `environment variable ${text}`, file: `file ${path}` }[form];

  async function find(): Promise<Checked<string>> {
    if (form === 'file') return files.readSmall(path, LARGEST_BYTES, 'a secret');
    const value = form === 'env' ? (env[text] ?? '') : text;
    if (value === '') return { problem: 'this environment variable is not set' };
    return form === 'inline' && /^\$(?:[A-Za-z_]\w*|\{[A-Za-z_]\w*\})$/.test(text)
      ? { problem: 'variables are not replaced here: write the name of the variable, without $ and braces, as …_env' }
      : { value };
  }

  /** The problem contains neither the value nor the path or variable, because users write secrets there by mistake. */
  async function check(): Promise<Checked<string>> {
    const found = await find();
    const secret = 'problem' in found ? found : checkSecret(found.value, slot);
    if ('value' in secret) onSecret?.(secret.value);
    return secret;
  }

  async function read(): Promise<string> {
    const secret = await check();
    if ('problem' in secret) throw new Error(`${description}: ${secret.problem}`);
    return secret.value;
  }

  const identity = form === 'inline' ? `inline ${createHash('sha256').update(text).digest('hex')}` : description;
  const file = { inline: configFile, env: undefined, file: path }[form];
  const source: SecretSource = { identity, description, ...given({ file }), read };
  return { source, check };
}

/** A header cannot contain other characters. Here the problem has a position in the config. */
function checkSecret(text: string, slot: string): Checked<string> {
  const secret = text.replace(/\r?\n$/, '');
  if (secret === '') return { problem: 'the secret is empty' };
  if (/[\r\n]/.test(secret)) return { problem: 'the secret has more than one line' };
  if (/^["'`“”„‘’«]|["'`“”‘’»]$/.test(secret)) return { problem: 'the secret is in quotes: remove them' };
  if (!/^[\x21-\x7e]+$/.test(secret)) return { problem: 'the secret has a space or a character outside of ASCII' };
  const swapped = FORMATS.find(
    ({ format, slot: own, wrongIn = [slot] }) =>
      slot !== '' && own !== slot && wrongIn.includes(slot) && format.test(secret),
  );
  return swapped === undefined
    ? { value: secret }
    : { problem: `this is ${swapped.what}, which belongs in ${swapped.slot}: are two secrets swapped?` };
}

/** The first of these variables that is set. */
export function firstSet(names: readonly string[], env: Environment): string | undefined {
  return names.find((name) => (env[name] ?? '') !== '');
}
