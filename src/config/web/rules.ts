/** What has to fit together in the web config file, and all that is said of its users: neither a name nor a hash is repeated. */
import type { Locate } from '../positions.ts';
import type { Problem } from '../problems.ts';
import { mappingAt, valueAt } from '../raw.ts';
import { USERS_KEY } from './schema.ts';

const TLS = 'tls_server_config';
const HASH = /^\$2[aby]\$([0-9]{2})\$[./A-Za-z0-9]{53}$/;
/** A check takes twice as long with each step: 50 ms at 10, some seconds at 16. */
const LEAST_COST = 4;
const GREATEST_COST = 16;
const MOST_USERS = 1000;

export function webRuleProblems(value: unknown, locate: Locate): readonly Problem[] {
  return [...emptinessProblems(value, locate), ...tlsProblems(value, locate), ...userProblems(value, locate)];
}

/** A file that says nothing would let everybody in: it is more likely one that is just being written. */
function emptinessProblems(value: unknown, locate: Locate): readonly Problem[] {
  return Object.keys(mappingAt(value) ?? {}).length > 0
    ? []
    : [{ ...locate([], 'value'), message: `nothing is in the file: it needs at least ${TLS} or ${USERS_KEY}` }];
}

function tlsProblems(value: unknown, locate: Locate): readonly Problem[] {
  const tls = mappingAt(valueAt(value, [TLS]));
  if (tls === undefined) return [];
  const { client_auth_type: type = 'NoClientCert', client_ca_file: authorities, min_version, max_version } = tls;
  const problems: Problem[] = [];
  if (type === 'NoClientCert' && authorities !== undefined) {
    const message = `${TLS}.client_ca_file: has no meaning without a client_auth_type such as RequireAndVerifyClientCert`;
    problems.push({ ...locate([TLS, 'client_ca_file'], 'key'), message });
  }
  if ((type === 'VerifyClientCertIfGiven' || type === 'RequireAndVerifyClientCert') && authorities === undefined) {
    const message = `${TLS}.client_auth_type: needs client_ca_file: by whom the certificates are signed`;
    problems.push({ ...locate([TLS, 'client_auth_type'], 'value'), message });
  }
  if (min_version === 'TLS13' && max_version === 'TLS12') {
    problems.push({
      ...locate([TLS, 'max_version'], 'value'),
      message: `${TLS}.max_version: is less than min_version`,
    });
  }
  return problems;
}

function userProblems(value: unknown, locate: Locate): readonly Problem[] {
  const users = mappingAt(valueAt(value, [USERS_KEY]));
  if (users === undefined) return [];
  const entries = Object.entries(users);
  const whole = locate([USERS_KEY], 'value');
  if (entries.length === 0) {
    return [{ ...whole, message: `${USERS_KEY}: is empty: list a user, or leave the key out to ask for no password` }];
  }
  if (entries.length > MOST_USERS) {
    return [
      { ...whole, message: `${USERS_KEY}: has more than ${MOST_USERS} users: a reverse proxy could know as many` },
    ];
  }
  return entries.flatMap(([name, hash]): readonly Problem[] => {
    const wrongName = wrongWithName(name);
    if (wrongName !== undefined) {
      return [{ ...locate([USERS_KEY, name], 'key'), message: `${USERS_KEY}: ${wrongName}` }];
    }
    const wrong = wrongWithHash(hash);
    return wrong === undefined
      ? []
      : [{ ...locate([USERS_KEY, name], 'value'), message: `${USERS_KEY}: this user’s value ${wrong}` }];
  });
}

function wrongWithName(name: string): string | undefined {
  if (name === '') return 'this user has no name';
  return /[:\p{Cc}]/u.test(name) ? 'the name of a user can have no colon and no control character' : undefined;
}

function wrongWithHash(hash: unknown): string | undefined {
  if (hash === null) return 'is empty: it must be the bcrypt hash of the password';
  const [, digits] = (typeof hash === 'string' && HASH.exec(hash)) || [];
  if (digits === undefined) return 'is no bcrypt hash: htpasswd -nBC 10 NAME makes one, which begins with $2y$';
  const cost = Number(digits);
  if (cost < LEAST_COST) return `has a cost of ${cost}: it must be at least ${LEAST_COST}`;
  if (cost > GREATEST_COST) return `has a cost of ${cost}, with which a check takes too long: at most ${GREATEST_COST}`;
  return undefined;
}
