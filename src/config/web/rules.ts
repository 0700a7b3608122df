/** Checks of the web config file that concern several keys, and all checks of its users. Messages repeat no name and no hash. */
import type { Problem } from '../problems.ts';
import { type Locate, mappingAt, type Path, valueAt } from '../untyped-yaml.ts';
import { TLS_KEY, USERS_KEY } from './schema.ts';

const HASH = /^\$2[aby]\$([0-9]{2})\$[./A-Za-z0-9]{53}$/;
/** Each step doubles the time of a check: about 50 ms at 10, some seconds at 16. */
const MIN_COST = 4;
const MAX_COST = 16;
const MAX_USERS = 1000;

export function webRuleProblems(value: unknown, locate: Locate): readonly Problem[] {
  // Such a file would require no password. More likely somebody is still writing it.
  if (Object.keys(mappingAt(value) ?? {}).length === 0) {
    return [{ ...locate([], 'value'), message: `the file has no keys: it needs at least ${TLS_KEY} or ${USERS_KEY}` }];
  }
  return [...tlsProblems(value, locate), ...userProblems(value, locate)];
}

function tlsProblems(value: unknown, locate: Locate): readonly Problem[] {
  const tls = mappingAt(valueAt(value, [TLS_KEY])) ?? {};
  const { client_auth_type: type = 'NoClientCert', client_ca_file: authorities, min_version, max_version } = tls;
  const problem = (key: string, part: 'key' | 'value', message: string): Problem => ({
    ...locate([TLS_KEY, key], part),
    message: `${TLS_KEY}.${key}: ${message}`,
  });
  const problems: Problem[] = [];
  if (type === 'NoClientCert' && authorities !== undefined) {
    const message = 'needs a client_auth_type that uses it, such as RequireAndVerifyClientCert';
    problems.push(problem('client_ca_file', 'key', message));
  }
  if ((type === 'VerifyClientCertIfGiven' || type === 'RequireAndVerifyClientCert') && authorities === undefined) {
    const message = 'needs client_ca_file, the authorities that sign client certificates';
    problems.push(problem('client_auth_type', 'value', message));
  }
  if (min_version === 'TLS13' && max_version === 'TLS12') {
    problems.push(problem('max_version', 'value', 'is older than min_version'));
  }
  return problems;
}

function userProblems(value: unknown, locate: Locate): readonly Problem[] {
  const users = mappingAt(valueAt(value, [USERS_KEY]));
  if (users === undefined) return [];
  const problem = (path: Path, part: 'key' | 'value', message: string): Problem => ({
    ...locate([USERS_KEY, ...path], part),
    message: `${USERS_KEY}: ${message}`,
  });
  const entries = Object.entries(users);
  if (entries.length === 0) {
    return [problem([], 'value', 'is empty: add a user, or leave the key out to require no password')];
  }
  if (entries.length > MAX_USERS) {
    return [problem([], 'value', `has more than ${MAX_USERS} users: use a reverse proxy for so many`)];
  }
  return entries.flatMap(([name, hash]): readonly Problem[] => {
    const nameProblem = problemWithName(name);
    if (nameProblem !== undefined) return [problem([name], 'key', nameProblem)];
    const hashProblem = problemWithHash(hash);
    return hashProblem === undefined ? [] : [problem([name], 'value', `the value of this user ${hashProblem}`)];
  });
}

function problemWithName(name: string): string | undefined {
  if (name === '') return 'the name of this user is empty';
  return /[:\p{Cc}]/u.test(name) ? 'the name of a user must not contain a colon or a control character' : undefined;
}

function problemWithHash(hash: unknown): string | undefined {
  if (hash === null) return 'is empty: it must be the bcrypt hash of the password';
  const [, digits] = (typeof hash === 'string' && HASH.exec(hash)) || [];
  if (digits === undefined) return 'is not a bcrypt hash: create one with htpasswd -nBC 10 NAME';
  const cost = Number(digits);
  if (cost < MIN_COST) return `has the cost ${cost}: the minimum is ${MIN_COST}`;
  if (cost > MAX_COST) return `has the cost ${cost}, which makes checks too slow: the maximum is ${MAX_COST}`;
  return undefined;
}
