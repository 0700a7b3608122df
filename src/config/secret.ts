/**
 * Where a secret comes from, and how it is read: from a file, an environment variable, or the config itself. The secret is
 * in no message and no property, only in what `read` resolves to. Files are read anew each time; nothing is cached here.
 */
import { resolve } from 'node:path';
import type { SecretSource } from './config.ts';
import { readRegularFile } from './regular-file.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface SecretPlace {
  /** Relative files are looked for here. */
  readonly directory: string;
  readonly env: Environment;
  /** Told each secret that is read, now and later: whoever hides secrets has to know them. */
  readonly onSecret?: OnSecret | undefined;
}

export type OnSecret = (secret: string) => void;

export interface CheckedSecret extends SecretSource {
  /** Why it can't be used, without the value nor, as a secret may stand where its place should, the place. */
  readonly check: () => Promise<string | undefined>;
}

export type SecretForm = 'inline' | 'file' | 'env';

type Reading = { readonly secret: string } | { readonly why: string };

const LARGEST_BYTES = 64 * 1024;
const NO_VARIABLES = 'variables are not filled in here: give the name of this one, without $ and braces, with …_env';

export function openSecret(form: SecretForm, text: string, place: SecretPlace): CheckedSecret {
  switch (form) {
    case 'inline':
      return secretFrom('inline', place, async () => (isVariable(text) ? { why: NO_VARIABLES } : usable(text)));
    case 'env':
      return secretFrom(`environment variable ${text}`, place, async () => readVariable(place.env[text]));
    case 'file': {
      const path = resolve(place.directory, text);
      return { ...secretFrom(`file ${path}`, place, () => readSecretFile(path, place.directory)), file: path };
    }
  }
}

function secretFrom(description: string, { onSecret }: SecretPlace, attempt: () => Promise<Reading>): CheckedSecret {
  async function reading(): Promise<Reading> {
    const result = await attempt();
    if ('secret' in result) onSecret?.(result.secret);
    return result;
  }

  return {
    description,
    async read() {
      const result = await reading();
      if ('why' in result) throw new Error(`${description}: ${result.why}`);
      return result.secret;
    },
    async check() {
      const result = await reading();
      return 'why' in result ? result.why : undefined;
    },
  };
}

function isVariable(text: string): boolean {
  return /^\$(?:[A-Za-z_]\w*|\{[A-Za-z_]\w*\})$/.test(text);
}

function readVariable(value: string | undefined): Reading {
  return value === undefined || value === '' ? { why: 'this environment variable is not set' } : usable(value);
}

async function readSecretFile(path: string, directory: string): Promise<Reading> {
  const contents = await readRegularFile({ path, directory, largestBytes: LARGEST_BYTES, purpose: 'a secret' });
  return 'why' in contents ? contents : usable(new TextDecoder().decode(contents.bytes));
}

/** What could never be sent is refused here, where there is a place to point at. */
function usable(text: string): Reading {
  const secret = text.replace(/\r?\n$/, '');
  if (secret === '') return { why: 'the secret is empty' };
  if (/[\r\n]/.test(secret)) return { why: 'the secret has more than one line' };
  if (!/^[\x21-\x7e]+$/.test(secret)) return { why: 'the secret has a space or a character outside of ASCII' };
  return { secret };
}
