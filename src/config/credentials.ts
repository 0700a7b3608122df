/**
 * Checks credentials: each has exactly one kind, each of its secrets is given in exactly one form, and all can be read. It
 * works on the file before the schema has passed it, so that every problem is reported at once. No value is in a message.
 */
import type { Credential, CredentialKind, SecretSource } from '../atlas/auth/credentials.ts';
import type { Report } from './problems.ts';
import { VARIABLE_NAME } from './schema.ts';
import { openSecret, type SecretForm, type SecretPlace } from './secrets.ts';
import { type Item, itemsOf, mappingAt } from './untyped-yaml.ts';

/** The secrets of each kind, in the order in which people write them. */
export const SLOTS: Readonly<Record<CredentialKind, readonly string[]>> = {
  service_account: ['client_id', 'client_secret'],
  api_key: ['public_key', 'private_key'],
  access_token: ['access_token'],
};

const KINDS = Object.keys(SLOTS) as readonly CredentialKind[];
const FORMS: readonly (readonly [suffix: string, form: SecretForm])[] = [
  ['', 'inline'],
  ['_file', 'file'],
  ['_env', 'env'],
];

export type KindAndSecrets = Pick<Credential, 'kind' | 'secrets'>;

/** @returns one for each credential of the file, in its order; complete only if nothing was reported */
export async function checkCredentials(
  config: unknown,
  place: SecretPlace,
  report: Report,
): Promise<readonly KindAndSecrets[]> {
  const items = itemsOf(config, 'credentials');
  reportRepeatedNames(items, report);
  const found = await Promise.all(items.map((item) => checkCredential(item, place, report)));
  return found.flat();
}

async function checkCredential(item: Item, place: SecretPlace, report: Report): Promise<readonly KindAndSecrets[]> {
  const found: KindAndSecrets[] = [];
  for (const kind of KINDS) {
    if (kind === 'access_token' ? formsIn(item.value, kind).length === 0 : !Object.hasOwn(item.value, kind)) continue;
    const secrets: Record<string, SecretSource> = {};
    const holder = holderOf(item, kind);
    for (const slot of holder === undefined ? [] : SLOTS[kind]) {
      const source = await checkSlot(slot, holder ?? item, place, report);
      if (source !== undefined) secrets[slot] = source;
    }
    found.push({ kind, secrets });
  }
  if (found.length === 0) report.add(item.path, 'has no secret: give it service_account, api_key or access_token_file');
  if (found.length > 1) report.add(item.path, `has ${found.map(({ kind }) => kind).join(' and ')}: keep one of them`);
  return found;
}

/** The mapping with the secrets of a kind: a token stands in the credential itself. Undefined if the schema refuses it. */
function holderOf(item: Item, kind: CredentialKind): Item | undefined {
  if (kind === 'access_token') return item;
  const value = mappingAt(item.value[kind]);
  return value && { path: [...item.path, kind], value };
}

async function checkSlot(
  slot: string,
  { path, value }: Item,
  place: SecretPlace,
  report: Report,
): Promise<SecretSource | undefined> {
  const [given, other] = formsIn(value, slot);
  if (given === undefined) {
    report.add(path, `${slot} is missing: give ${slot}_file, ${slot}_env or ${slot}`);
    return undefined;
  }
  if (other !== undefined) {
    report.add([...path, other.key], `${given.key} is given too: keep one of them`, 'key');
    return undefined;
  }
  const { key, form } = given;
  const text = value[key];
  // If the text is of the wrong form, the schema says so.
  if (typeof text !== 'string' || text === '' || (form === 'env' && !VARIABLE_NAME.test(text))) return undefined;
  const { source, check } = openSecret(form, text, place);
  const checked = await check();
  if ('problem' in checked) report.add([...path, key], checked.problem);
  return source;
}

/** The keys under which a secret is given: there should be one. */
function formsIn(holder: Item['value'], slot: string) {
  return FORMS.map(([suffix, form]) => ({ key: `${slot}${suffix}`, form })).filter(
    ({ key }) => Object.hasOwn(holder, key) && holder[key] !== undefined,
  );
}

function reportRepeatedNames(items: readonly Item[], report: Report): void {
  const firstLines = new Map<string, number>();
  for (const { path, value } of items) {
    const { name } = value;
    if (typeof name !== 'string') continue;
    const at = [...path, 'name'];
    const firstLine = firstLines.get(name);
    if (firstLine === undefined) firstLines.set(name, report.lineOf(at));
    else report.add(at, `the credential in line ${firstLine} has this name too`);
  }
}
