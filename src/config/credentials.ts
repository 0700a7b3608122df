/**
 * Credentials and the address of Atlas in the variables of Atlas' own tools. A token takes precedence over a service
 * account, and a service account over a key pair, as in those tools. A credential without effect causes a warning.
 */
import type { Credential, CredentialKind, SecretSource } from '../atlas/auth/credentials.ts';
import { listed } from '../support/words.ts';
import { parseBaseUrl } from './network.ts';
import type { Report } from './problems.ts';
import { SLOTS } from './rules.ts';
import { type Environment, firstSet, openSecret, type SecretPlace } from './secrets.ts';

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
const GOVERNMENT_SERVICE = 'cloudgov';
const GOVERNMENT_BASE_URL = 'https://cloud.mongodbgov.com';

/** In the order of precedence. */
const KINDS: readonly { readonly kind: CredentialKind; readonly label: string }[] = [
  { kind: 'access_token', label: 'an access token' },
  { kind: 'service_account', label: 'a service account' },
  { kind: 'api_key', label: 'an API key' },
];

const NO_CREDENTIAL =
  'no credential: set MONGODB_ATLAS_CLIENT_ID and MONGODB_ATLAS_CLIENT_SECRET, or MONGODB_ATLAS_ACCESS_TOKEN, or MONGODB_ATLAS_PUBLIC_API_KEY and MONGODB_ATLAS_PRIVATE_API_KEY, or write credentials into a config file';

/** @returns the credential `default`; complete only if nothing was reported */
export async function credentialFromEnvironment(place: SecretPlace, report: Report): Promise<readonly Credential[]> {
  const { env } = place;
  const [chosen, ...others] = KINDS.filter(({ kind }) => variablesOf(kind, env).length > 0);
  if (chosen === undefined) {
    report.addWhole({ message: NO_CREDENTIAL });
    return [];
  }
  const { kind, label } = chosen;
  const found = SLOTS[kind].map((slot) => ({ slot, name: firstSet(namesOf(slot), env) }));
  const given = found.flatMap(({ name }) => name ?? []);
  const missing = found.flatMap(({ slot, name }) => (name === undefined ? (namesOf(slot)[0] ?? []) : []));
  if (missing.length > 0)
    report.addWhole({ message: `${given.join()} is set, but ${missing.join()} is not: ${label} needs both` });
  const secrets: Record<string, SecretSource> = {};
  for (const { slot, name } of found) {
    if (name === undefined) continue;
    const { source, check } = openSecret('env', name, { ...place, slot });
    const checked = await check();
    if ('problem' in checked) report.addWhole({ message: `${name}: ${checked.problem}` });
    secrets[slot] = source;
  }
  for (const other of others) {
    const unused = listed(variablesOf(other.kind, env), 'and');
    report.warnings.push(
      `${given.join(' and ')} take precedence over ${unused}: ${other.label} is set too, but not used`,
    );
  }
  return [{ name: 'default', kind, secrets }];
}

/** Warns of variables that have no effect because the config file has credentials. */
export function warnOfUnusedVariables(credentials: readonly Credential[], env: Environment, report: Report): void {
  const used = new Set(credentials.flatMap(({ secrets }) => Object.values(secrets).map(({ identity }) => identity)));
  const names = KINDS.flatMap(({ kind }) => variablesOf(kind, env));
  const unused = names.filter((name) => !used.has(`environment variable ${name}`));
  if (unused.length === 0) return;
  report.warnings.push(`the credentials of the config file take precedence over ${listed(unused, 'and')}`);
}

export function baseUrlFromEnvironment(env: Environment, report: Report): string | undefined {
  const name = firstSet(ATLAS_VARIABLES.base_url, env);
  if (name === undefined) {
    const service = env[firstSet(SERVICE_VARIABLES, env) ?? ''];
    return service === GOVERNMENT_SERVICE ? GOVERNMENT_BASE_URL : undefined;
  }
  const url = parseBaseUrl(env[name] ?? '');
  if ('value' in url) return url.value;
  report.addWhole({ message: `${name} ${url.problem}` });
  return undefined;
}

function namesOf(slot: string): readonly string[] {
  return ATLAS_VARIABLES[slot as keyof typeof ATLAS_VARIABLES];
}

function variablesOf(kind: CredentialKind, env: Environment): readonly string[] {
  return SLOTS[kind].flatMap(namesOf).filter((name) => (env[name] ?? '') !== '');
}
