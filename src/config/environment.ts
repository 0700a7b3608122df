/**
 * What the environment adds to a config: credentials and the address of Atlas in the variables that the tools of Atlas use
 * too, and the proxy. A token takes precedence over a service account, and that over a key pair, as in those tools.
 */
import type { CredentialKind } from '../atlas/auth/credentials.ts';
import type { Checked } from '../support/checked.ts';
import { parseBaseUrl } from './base-url.ts';
import type { CredentialConfig } from './config.ts';
import { SLOTS } from './credentials.ts';
import { type Environment, openSecret, type SecretPlace } from './secrets.ts';

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

export interface FromEnvironment {
  /** One, if there are no problems. */
  readonly credentials: readonly CredentialConfig[];
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** The credential `default`. */
export async function credentialFromEnvironment(place: SecretPlace): Promise<FromEnvironment> {
  const isSet = (name: string): boolean => (place.env[name] ?? '') !== '';
  const [chosen, ...others] = KINDS.filter(({ variables }) => variables.some(isSet));
  const refused = (...problems: readonly string[]) => ({ credentials: [], problems, warnings: [] });
  if (chosen === undefined) return refused(NO_CREDENTIAL);
  const { kind, label, variables } = chosen;
  const missing = variables.find((name) => !isSet(name));
  if (missing !== undefined) {
    return refused(`${variables.filter(isSet).join()} is set, but ${missing} is not: ${label} needs both`);
  }
  const opened = variables.map((name) => openSecret('env', name, place));
  const checked = await Promise.all(opened.map(({ check }) => check()));
  const problems = checked.flatMap((one, index) => ('problem' in one ? [`${variables[index]}: ${one.problem}`] : []));
  if (problems.length > 0) return refused(...problems);
  const secrets = Object.fromEntries(opened.map(({ source }, index) => [SLOTS[kind][index], source]));
  const warnings = others.map(
    (other) =>
      `${variables.join(' and ')} take precedence over ${other.variables.filter(isSet).join(' and ')}: ${other.label} is set too, but not used`,
  );
  return { credentials: [{ name: 'default', kind, secrets }], problems: [], warnings };
}

/** Undefined if the variable is not set. */
export function baseUrlFromEnvironment(env: Environment): Checked<string | undefined> {
  const name = ATLAS_VARIABLES.baseUrl;
  const text = env[name] ?? '';
  if (text === '') return { value: undefined };
  const url = parseBaseUrl(text);
  return 'problem' in url ? { problem: `${name} ${url.problem}` } : url;
}

/** As in other tools, the first variable that is set is used. */
const PROXY_VARIABLES = ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'];

/**
 * What is wrong with the address of the proxy: a wrong one would end the program when it connects. Messages do not repeat the
 * address, because it may contain a password.
 */
export function proxyProblem(
  env: Environment,
  baseUrl: string,
  onSecret?: (secret: string) => void,
): string | undefined {
  const name = PROXY_VARIABLES.find((variable) => (env[variable] ?? '') !== '');
  // Plain HTTP is for a stand-in on this host.
  if (name === undefined || !baseUrl.startsWith('https:')) return undefined;
  const text = env[name] ?? '';
  const address = text.includes('://') ? text : `https://${text}`;
  if (!URL.canParse(address)) return `${name}: must be a URL such as http://proxy.example:3128`;
  const { protocol, password } = new URL(address);
  if (password !== '') for (const form of [password, decoded(password)]) onSecret?.(form);
  if (protocol === 'http:' || protocol === 'https:') return undefined;
  return `${name}: must begin with http:// or https://: other kinds of proxies are not supported`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
