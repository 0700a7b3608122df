/**
 * The credentials of the config file, or the one in the variables of Atlas' own tools. There, a token takes precedence
 * over a service account, and a service account over a key pair, as in those tools. A credential without effect causes
 * a warning. Each secret is read once, to report problems at the start; messages contain none.
 */
import type { Credential, CredentialKind, SecretSource } from '../atlas/auth/credentials.ts';
import { listed, looksPath } from '../support/words.ts';
import { parseBaseUrl } from './network.ts';
import { type Item, itemsOf, type Mapping, mappingAt, type Report } from './problems.ts';
import { VARIABLE_NAME } from './schema.ts';
import { type Environment, firstSet, openSecret, type PlaceOf, type SecretForm, type SecretPlace } from './secrets.ts';

/**
 * The variables of each secret, in order of precedence. The first ones belong to the Atlas CLI, the others to the
 * Terraform provider and the MongoDB CLI. Source:
 * https://registry.terraform.io/providers/mongodb/mongodbatlas/latest/docs/guides/service-account-authentication
 */
export const ATLAS_VARIABLES = {
  access_token: ['MONGODB_ATLAS_ACCESS_TOKEN', 'MCLI_ACCESS_TOKEN'],
  client_id: ['MONGODB_ATLAS_CLIENT_ID', 'MCLI_CLIENT_ID'],
  client_secret: ['MONGODB_ATLAS_CLIENT_SECRET', 'MCLI_CLIENT_SECRET'],
  public_key: ['MONGODB_ATLAS_PUBLIC_API_KEY', 'MONGODB_ATLAS_PUBLIC_KEY', 'MCLI_PUBLIC_API_KEY'],
  private_key: ['MONGODB_ATLAS_PRIVATE_API_KEY', 'MONGODB_ATLAS_PRIVATE_KEY', 'MCLI_PRIVATE_API_KEY'],
  base_url: ['MONGODB_ATLAS_BASE_URL', 'MONGODB_ATLAS_OPS_MANAGER_URL', 'MCLI_OPS_MANAGER_URL'],
} as const;

/** The Atlas CLI has these variables, which name a service, instead of one for the address. */
export const SERVICE_VARIABLES = ['MONGODB_ATLAS_SERVICE', 'MCLI_SERVICE'];

/** The secrets of each kind, in the order of precedence of Atlas' tools. */
const SLOTS: Readonly<Record<CredentialKind, readonly string[]>> = {
  access_token: ['access_token'],
  service_account: ['client_id', 'client_secret'],
  api_key: ['public_key', 'private_key'],
};
const KINDS = Object.keys(SLOTS) as readonly CredentialKind[];

const SUFFIXES: Readonly<Record<SecretForm, string>> = { inline: '', file: '_file', env: '_env' };
const FORMS = Object.keys(SUFFIXES) as readonly SecretForm[];

/** @returns the credentials of the file, in its order, or else `default`; complete only if nothing was reported */
export async function readCredentials(config: Mapping, placeOf: PlaceOf, report: Report) {
  const hasKey = Object.hasOwn(config, 'credentials') || report.isMisspelt([], ['credentials']);
  if (!hasKey) return await credentialFromEnvironment(placeOf([]), report);
  const found = itemsOf(config, 'credentials').map(async (item) => {
    const { path, value } = item;
    const name = String(value['name']);
    if (typeof value['name'] === 'string') {
      report.addIfRepeated(`credential ${name}`, [...path, 'name'], 'a credential with this name is');
    }
    return { name, ...(await secretsIn(item, placeOf(path), report)) };
  });
  const credentials = await Promise.all(found);
  warnOfUnusedVariables('the credentials of the config file', credentials, placeOf([]).env, report);
  return credentials;
}

async function secretsIn({ path, value }: Item, place: SecretPlace, report: Report): Promise<Omit<Credential, 'name'>> {
  const secrets: Record<string, SecretSource> = {};
  const kinds: CredentialKind[] = [];
  for (const kind of KINDS.toReversed()) {
    // The two secrets of a pair are below the key of the kind; a token is directly in the credential.
    const isToken = kind === 'access_token';
    if (isToken ? formsIn(value, kind).length === 0 : !Object.hasOwn(value, kind)) continue;
    kinds.push(kind);
    const keys = isToken ? value : mappingAt(value[kind]);
    // If there are no keys below the kind, the schema says so.
    for (const slot of keys ? SLOTS[kind] : []) {
      const holder = { path: isToken ? path : [...path, kind], value: keys ?? {} };
      const source = await secretIn(holder, slot, place, report);
      if (source !== undefined) secrets[slot] = source;
    }
  }
  const [kind = 'access_token', ...others] = kinds;
  if (others.length > 0) report.add(path, `has ${kinds.join(' and ')}: keep one of them`);
  const keys = ['service_account', 'api_key', ...keysOf('access_token')];
  if (kinds.length === 0 && !report.isMisspelt(path, keys)) {
    report.add(path, 'has no secret: give it service_account, api_key or access_token_file');
  }
  return { kind, secrets };
}

async function secretIn({ path, value }: Item, slot: string, place: SecretPlace, report: Report) {
  const [form, other] = formsIn(value, slot);
  if (form === undefined) {
    const missing = `${slot} is missing: give ${slot}_file, ${slot}_env or ${slot}`;
    if (!report.isMisspelt(path, keysOf(slot))) report.add(path, missing);
    return undefined;
  }
  const key = slot + SUFFIXES[form];
  const text = value[key];
  if (other !== undefined)
    report.add([...path, slot + SUFFIXES[other]], `${key} is given too: keep one of them`, 'key');
  // If the text is of the wrong form, the schema says so.
  if (typeof text !== 'string' || text === '' || (form === 'env' && !VARIABLE_NAME.test(text))) return undefined;
  const { source, check } = openSecret(form, text, { ...place, slot });
  const checked = await check();
  if ('problem' in checked) {
    const isNamed = form === 'file' && looksPath(text);
    report.add([...path, key], isNamed ? `${source.description}: ${checked.problem}` : checked.problem);
  }
  return source;
}

/** The forms in which a secret is given. Exactly one is valid. */
function formsIn(holder: Mapping, slot: string): readonly SecretForm[] {
  return FORMS.filter((form) => holder[slot + SUFFIXES[form]] !== undefined);
}

function keysOf(slot: string): readonly string[] {
  return FORMS.map((form) => slot + SUFFIXES[form]);
}

const NO_CREDENTIAL =
  'no credential: set MONGODB_ATLAS_CLIENT_ID and MONGODB_ATLAS_CLIENT_SECRET, or MONGODB_ATLAS_ACCESS_TOKEN, or MONGODB_ATLAS_PUBLIC_API_KEY and MONGODB_ATLAS_PRIVATE_API_KEY, or write credentials into a config file';

async function credentialFromEnvironment(place: SecretPlace, report: Report): Promise<readonly Credential[]> {
  const { env } = place;
  const kind = KINDS.find((one) => SLOTS[one].some((slot) => firstSet(namesOf(slot), env) !== undefined));
  if (kind === undefined) {
    report.addWhole({ message: NO_CREDENTIAL });
    return [];
  }
  const used: string[] = [];
  const missing: string[] = [];
  const secrets: Record<string, SecretSource> = {};
  for (const slot of SLOTS[kind]) {
    const name = firstSet(namesOf(slot), env);
    if (name === undefined) {
      missing.push(...namesOf(slot).slice(0, 1));
      continue;
    }
    used.push(name);
    const { source, check } = openSecret('env', name, { ...place, slot });
    const checked = await check();
    if ('problem' in checked) report.addWhole({ message: `${name}: ${checked.problem}` });
    secrets[slot] = source;
  }
  if (missing.length > 0) {
    report.addWhole({ message: `${used.join()} is set, but ${missing.join()} is not: both are needed` });
  }
  const credentials = [{ name: 'default', kind, secrets }];
  warnOfUnusedVariables(listed(used, 'and'), credentials, env, report);
  return credentials;
}

/** @param by what is used instead */
function warnOfUnusedVariables(by: string, credentials: readonly Credential[], env: Environment, report: Report): void {
  const used = new Set(credentials.flatMap(({ secrets }) => Object.values(secrets).map(({ identity }) => identity)));
  const names = Object.values(SLOTS).flat().flatMap(namesOf);
  const unused = names.filter((name) => (env[name] ?? '') !== '' && !used.has(`environment variable ${name}`));
  if (unused.length > 0) report.warnings.push(`${by} take precedence over ${listed(unused, 'and')}`);
}

export function baseUrlFromEnvironment(env: Environment, report: Report): string | undefined {
  const name = firstSet(ATLAS_VARIABLES.base_url, env);
  if (name === undefined) {
    const service = env[firstSet(SERVICE_VARIABLES, env) ?? ''];
    return service === 'cloudgov' ? 'https://cloud.mongodbgov.com' : undefined;
  }
  const url = parseBaseUrl(env[name] ?? '');
  if ('value' in url) return url.value;
  report.addWhole({ message: `${name} ${url.problem}` });
  return undefined;
}

function namesOf(slot: string): readonly string[] {
  return ATLAS_VARIABLES[slot as keyof typeof ATLAS_VARIABLES];
}
