/**
 * Credentials: exactly one kind each, each secret of it in exactly one form, all of them readable. It works on what the file
 * says before the schema has passed it, so that every problem is told at once. No value is ever part of a message.
 */
import type { CredentialConfig, SecretSource } from './config.ts';
import type { Locate } from './positions.ts';
import type { Problem } from './problems.ts';
import { formatPath, type Item, itemsOf, mappingAt, type Path } from './raw.ts';
import { type ConfigFile, VARIABLE_NAME } from './schema.ts';
import { type CheckedSecret, openSecret, type SecretForm, type SecretPlace } from './secret.ts';

type FileCredential = NonNullable<ConfigFile['credentials']>[number];
type Holder = Readonly<Record<string, unknown>>;

const FORMS: readonly (readonly [suffix: string, form: SecretForm])[] = [
  ['', 'inline'],
  ['_file', 'file'],
  ['_env', 'env'],
];
const PAIRS = { service_account: ['client_id', 'client_secret'], api_key: ['public_key', 'private_key'] } as const;

export async function credentialProblems(
  config: unknown,
  place: SecretPlace,
  locate: Locate,
): Promise<readonly Problem[]> {
  const items = itemsOf(config, 'credentials');
  const secrets = items.flatMap(holdersOf).map((holder) => secretProblem(holder, place, locate));
  const found = (await Promise.all(secrets)).filter((problem) => problem !== undefined);
  return [...items.flatMap((item) => kindProblem(item, locate)), ...repeatedNames(items, locate), ...found];
}

/** For a credential that has passed all checks. */
export function buildCredential(credential: FileCredential, place: SecretPlace): CredentialConfig {
  const { name, service_account: account, api_key: key, expires_at: expiresAtSeconds } = credential;
  const common = { name, ...(expiresAtSeconds === undefined ? {} : { expiresAtSeconds }) };
  const secret = (holder: Holder, slot: string) => asSource(givenForms(holder, slot)[0]?.open(place));
  if (account !== undefined) {
    const [clientId, clientSecret] = [secret(account, 'client_id'), secret(account, 'client_secret')];
    return { ...common, kind: 'service_account', clientId, clientSecret };
  }
  if (key !== undefined) {
    const [publicKey, privateKey] = [secret(key, 'public_key'), secret(key, 'private_key')];
    return { ...common, kind: 'api_key', publicKey, privateKey };
  }
  return { ...common, kind: 'access_token', accessToken: secret(credential, 'access_token') };
}

interface Slot extends Item {
  readonly slot: string;
}

/** Every place of a credential where a secret has to be. */
function holdersOf({ path, value }: Item): readonly Slot[] {
  const pairs = Object.entries(PAIRS).flatMap(([kind, slots]) => {
    const holder = mappingAt(value[kind]);
    return holder === undefined ? [] : slots.map((slot) => ({ path: [...path, kind], value: holder, slot }));
  });
  return hasToken(value) ? [...pairs, { path, value, slot: 'access_token' }] : pairs;
}

async function secretProblem(
  { path, value, slot }: Slot,
  place: SecretPlace,
  locate: Locate,
): Promise<Problem | undefined> {
  const [first, second] = givenForms(value, slot);
  if (first === undefined) {
    const message = `${formatPath(path)}: ${slot} is missing: give ${slot}_file, ${slot}_env or ${slot}`;
    return { ...locate(path, 'value'), message };
  }
  const at = (key: string): Path => [...path, key];
  if (second !== undefined) {
    const message = `${formatPath(path)}: ${first.key} and ${second.key} are both given: keep one of them`;
    return { ...locate(at(second.key), 'key'), message };
  }
  const why = await first.open(place)?.check();
  if (why === undefined) return undefined;
  return { ...locate(at(first.key), 'value'), message: `${formatPath(at(first.key))}: ${why}` };
}

interface GivenForm {
  readonly key: string;
  /** Undefined where the value is of a wrong form: the schema says so. */
  open(place: SecretPlace): CheckedSecret | undefined;
}

function givenForms(holder: Holder, slot: string): readonly GivenForm[] {
  return FORMS.flatMap(([suffix, form]) => {
    const key = `${slot}${suffix}`;
    const text = holder[key];
    if (!Object.hasOwn(holder, key) || text === undefined) return [];
    const isRight = typeof text === 'string' && text !== '' && (form !== 'env' || VARIABLE_NAME.test(text));
    return [{ key, open: (place: SecretPlace) => (isRight ? openSecret(form, text, place) : undefined) }];
  });
}

function asSource(secret: CheckedSecret | undefined): SecretSource {
  if (secret === undefined) throw new Error('a credential without its secret: the config should have been refused');
  const { check: _checked, ...source } = secret;
  return source;
}

function kindProblem({ path, value }: Item, locate: Locate): readonly Problem[] {
  const kinds = Object.keys(PAIRS).filter((kind) => Object.hasOwn(value, kind));
  if (hasToken(value)) kinds.push('access_token');
  if (kinds.length === 1) return [];
  const what =
    kinds.length === 0
      ? 'has no secret: give it service_account, api_key or access_token_file'
      : `has ${kinds.join(' and ')}: keep one of them`;
  return [{ ...locate(path, 'value'), message: `${formatPath(path)}: ${what}` }];
}

function hasToken(credential: Holder): boolean {
  return givenForms(credential, 'access_token').length > 0;
}

function repeatedNames(items: readonly Item[], locate: Locate): readonly Problem[] {
  return items.flatMap(({ path, value: { name } }, index) => {
    const first = items.slice(0, index).find((other) => other.value['name'] === name);
    if (typeof name !== 'string' || first === undefined) return [];
    const { line } = locate([...first.path, 'name'], 'value');
    const at = [...path, 'name'];
    return [{ ...locate(at, 'value'), message: `${formatPath(at)}: the credential in line ${line} has this name too` }];
  });
}
