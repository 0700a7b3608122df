/**
 * The variables that the Atlas tools know too, so that whoever uses those needs no config file. A token wins over a service
 * account, and that over a key pair, as it does there; half of what wins is a problem, not a reason to look further.
 */
import { parseBaseUrl } from './base-url.ts';
import type { CredentialConfig, SecretSource } from './config.ts';
import { type CheckedSecret, type Environment, type OnSecret, openSecret } from './secret.ts';

export const ATLAS_VARIABLES = {
  accessToken: 'MONGODB_ATLAS_ACCESS_TOKEN',
  clientId: 'MONGODB_ATLAS_CLIENT_ID',
  clientSecret: 'MONGODB_ATLAS_CLIENT_SECRET',
  publicKey: 'MONGODB_ATLAS_PUBLIC_API_KEY',
  privateKey: 'MONGODB_ATLAS_PRIVATE_API_KEY',
  baseUrl: 'MONGODB_ATLAS_BASE_URL',
} as const;

export const DEFAULT_CREDENTIAL = 'default';

export interface FromEnvironment {
  readonly credential?: CredentialConfig;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

interface Kind {
  readonly label: string;
  readonly variables: readonly string[];
  build(secrets: readonly SecretSource[]): CredentialConfig | undefined;
}

/** In the order in which they win. */
const KINDS: readonly Kind[] = [
  {
    label: 'an access token',
    variables: [ATLAS_VARIABLES.accessToken],
    build: ([accessToken]) => accessToken && { name: DEFAULT_CREDENTIAL, kind: 'access_token', accessToken },
  },
  {
    label: 'a service account',
    variables: [ATLAS_VARIABLES.clientId, ATLAS_VARIABLES.clientSecret],
    build: ([clientId, clientSecret]) =>
      clientId && clientSecret && { name: DEFAULT_CREDENTIAL, kind: 'service_account', clientId, clientSecret },
  },
  {
    label: 'an API key',
    variables: [ATLAS_VARIABLES.publicKey, ATLAS_VARIABLES.privateKey],
    build: ([publicKey, privateKey]) =>
      publicKey && privateKey && { name: DEFAULT_CREDENTIAL, kind: 'api_key', publicKey, privateKey },
  },
];

export async function credentialFromEnvironment(env: Environment, onSecret?: OnSecret): Promise<FromEnvironment> {
  const [winner, ...others] = KINDS.filter(({ variables }) => variables.some((name) => isSet(env, name)));
  if (winner === undefined) return { problems: [], warnings: [] };
  const missing = winner.variables.filter((name) => !isSet(env, name));
  if (missing.length > 0) {
    const given = winner.variables.filter((name) => isSet(env, name));
    return {
      problems: [`${given.join()} is set, but ${missing.join()} is not: ${winner.label} needs both`],
      warnings: [],
    };
  }
  const secrets = winner.variables.map((name) => openSecret('env', name, { env, directory: '', onSecret }));
  const credential = winner.build(secrets.map(asSource));
  return {
    ...(credential && { credential }),
    problems: await problemsOf(winner.variables, secrets),
    warnings: others.map(
      ({ label, variables }) =>
        `${winner.variables.join(' and ')} win over ${variables.filter((name) => isSet(env, name)).join(' and ')}: ${label} is set too, and not used`,
    ),
  };
}

/** Undefined where the variable isn't set. */
export function baseUrlFromEnvironment(env: Environment): ReturnType<typeof parseBaseUrl> | undefined {
  const text = env[ATLAS_VARIABLES.baseUrl];
  if (text === undefined || text === '') return undefined;
  const url = parseBaseUrl(text);
  return 'wrong' in url ? { wrong: `${ATLAS_VARIABLES.baseUrl} ${url.wrong}` } : url;
}

async function problemsOf(names: readonly string[], secrets: readonly CheckedSecret[]): Promise<readonly string[]> {
  const reasons = await Promise.all(secrets.map((secret) => secret.check()));
  return reasons.flatMap((why, index) => (why === undefined ? [] : [`${names[index]}: ${why}`]));
}

function asSource({ description, read }: SecretSource): SecretSource {
  return { description, read };
}

function isSet(env: Environment, name: string): boolean {
  return env[name] !== undefined && env[name] !== '';
}
