/**
 * The proxy on the way to Atlas, as the environment names it. The connections find it by themselves; here it is looked at
 * first, as what is no proxy's address would end the program later. Its value is in no message: it may hold a password.
 */
import type { Environment, OnSecret } from './secret.ts';

/** The first of them that is set counts, as in other tools. */
const VARIABLES = ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'];

/** Why Atlas can't be reached through it; undefined where it can be tried. */
export function proxyProblem(env: Environment, baseUrl: string, onSecret?: OnSecret): string | undefined {
  const name = VARIABLES.find((variable) => env[variable] !== undefined && env[variable] !== '');
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
