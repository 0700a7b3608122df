/**
 * What the environment adds to a config: credentials and the address of Atlas in the variables that the tools of Atlas use
 * too. A token takes precedence over a service account, and that over a key pair, as in those tools.
 */
import type { Credential, CredentialKind, SecretSource } from '../atlas/auth/credentials.ts';
import { SLOTS } from './credentials.ts';
import type { Report } from './problems.ts';
import { type Environment, openSecret, type SecretPlace } from './secrets.ts';
import { parseBaseUrl } from './values.ts';

export const ATLAS_VARIABLES = {
  accessToken: 'MONGODB_ATLAS_ACCESS_TOKEN',
  clientId: 'MONGODB_ATLAS_CLIENT_ID',
  clientSecret: 'MONGODB_ATLAS_CLIENT_SECRET',
  publicKey: 'MONGODB_ATLAS_PUBLIC_API_KEY',
  privateKey: 'MONGODB_ATLAS_PRIVATE_API_KEY',
  baseUrl: 'MONGODB_ATLAS_BASE_URL',
} as const;

interface Kind {
  readonly kind: CredentialKind;
  readonly label: string;
  /** In the order of the kind's slots. */
  readonly variables: readonly string[];
}

const { accessToken, clientId, clientSecret, publicKey, privateKey } = ATLAS_VARIABLES;

/** In the order of precedence. */
const KINDS: readonly Kind[] = [
  { kind: 'access_token', label: 'an access token', variables: [accessToken] },
  { kind: 'service_account', label: 'a service account', variables: [clientId, clientSecret] },
  { kind: 'api_key', label: 'an API key', variables: [publicKey, privateKey] },
];

const NO_CREDENTIAL = `no credential: set ${clientId} and ${clientSecret}, or ${accessToken}, or ${publicKey} and ${privateKey}, or write credentials into a config file`;

/** @returns the credential `default`; complete only if nothing was reported */
export async function credentialFromEnvironment(place: SecretPlace, report: Report): Promise<readonly Credential[]> {
  const isSet = (name: string): boolean => (place.env[name] ?? '') !== '';
  const [chosen, ...others] = KINDS.filter(({ variables }) => variables.some(isSet));
  if (chosen === undefined) {
    report.addWhole({ message: NO_CREDENTIAL });
    return [];
  }
  const { kind, label, variables } = chosen;
  const given = variables.filter(isSet);
  const missing = variables.filter((name) => !isSet(name));
  if (missing.length > 0)
    report.addWhole({ message: `${given.join()} is set, but ${missing.join()} is not: ${label} needs both` });
  const secrets: Record<string, SecretSource> = {};
  for (const [index, slot] of SLOTS[kind].entries()) {
    const name = variables[index] ?? '';
    const { source, check } = openSecret('env', name, place);
    const checked = isSet(name) ? await check() : { value: '' };
    if ('problem' in checked) report.addWhole({ message: `${name}: ${checked.problem}` });
    secrets[slot] = source;
  }
  for (const other of others) {
    const unused = other.variables.filter(isSet).join(' and ');
    report.warnings.push(
      `${given.join(' and ')} take precedence over ${unused}: ${other.label} is set too, but not used`,
    );
  }
  return [{ name: 'default', kind, secrets }];
}

/** Undefined if the variable is not set. */
export function baseUrlFromEnvironment(env: Environment, report: Report): string | undefined {
  const name = ATLAS_VARIABLES.baseUrl;
  if ((env[name] ?? '') === '') return undefined;
  const url = parseBaseUrl(env[name] ?? '');
  if ('value' in url) return url.value;
  report.addWhole({ message: `${name} ${url.problem}` });
  return undefined;
}
