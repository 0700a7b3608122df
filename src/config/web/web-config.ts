/** Loads the web config file. The result is either complete settings or all problems, each with its place. */
import { createHash } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import { given } from '../../support/checked.ts';
import type { GuardSettings } from '../../web/guards/answer.ts';
import { type FileSource, openConfigFiles } from '../config-file.ts';
import { type Mapping, mappingAt, type Report } from '../problems.ts';
import { TLS_KEY, USERS_KEY, WEB_CONFIG_FILE } from './schema.ts';
import { buildTls, expiryWarnings, readTlsFiles } from './tls.ts';

export type LoadedWebConfig = Awaited<ReturnType<typeof loadWebConfig>>;
export type ValidWebConfig = Extract<LoadedWebConfig, { readonly webConfig: unknown }>;

/** @param file `--web.config.file` */
export async function loadWebConfig(file: string, source: FileSource, nowSeconds: number) {
  const { text, keys, checked, report } = await openConfigFiles([file], source, WEB_CONFIG_FILE);
  const directory = dirname(resolve(source.cwd, file));
  const tls = mappingAt(keys, [TLS_KEY]);
  const users = mappingAt(keys, [USERS_KEY]);
  const files = tls ? await readTlsFiles(tls, directory, source.files, report) : {};
  if (users !== undefined) checkUsers(users, report);
  const problems = report.problems();
  /** Changes with the content of the file and of the files that it names. */
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([text, problems, files]))
    .digest('hex');
  if (problems.length > 0 || checked === undefined) return { fingerprint, problems };
  const { tls_server_config: tlsConfig, http_server_config: http } = checked;
  const webConfig: GuardSettings = {
    ...given({ tls: tlsConfig && buildTls(tlsConfig, files, directory) }),
    headers: given(http?.headers ?? {}),
    // Not from zod's result, because zod drops a user named __proto__.
    users: new Map(Object.entries(users ?? {}).map(([user, hash]) => [user, String(hash)])),
  };
  return { fingerprint, webConfig, warnings: warningsFor(webConfig, http?.http2 === true, nowSeconds) };
}

function warningsFor({ tls, users }: GuardSettings, isHttp2: boolean, nowSeconds: number): readonly string[] {
  const warnings = tls ? [...expiryWarnings(tls, nowSeconds)] : [];
  const type = tls?.clientAuthType;
  if (isHttp2) warnings.push('http_server_config.http2: the server uses only HTTP/1.1, which all clients support');
  if (type === 'RequestClientCert' || type === 'RequireAnyClientCert') {
    warnings.push(`client_auth_type: ${type} accepts certificates that anyone can make; it protects nothing`);
  }
  const cost = Math.max(0, ...Array.from(users.values(), (hash) => Number(HASH.exec(hash)?.[1])));
  if (cost >= SLOW_COST) {
    warnings.push(`basic_auth_users: a bcrypt cost of ${cost} makes the first check of a password take seconds`);
  }
  return warnings;
}

/** Each step of the cost doubles the time of a check: about 50 ms at 10, some seconds at 16, a quarter of a minute at 18. */
const HASH = /^\$2[aby]\$(0[4-9]|1[0-8])\$[./A-Za-z0-9]{53}$/;
const HASH_FORM = 'must be a bcrypt hash with a cost from 4 to 18: create one with htpasswd -nBC 10 NAME';
const NAME_FORM = 'must not be empty or contain a colon or a control character';
const SLOW_COST = 15;

/** Messages contain no name and no hash. */
function checkUsers(users: Mapping, report: Report): void {
  const entries = Object.entries(users);
  if (entries.length === 0) {
    report.add([USERS_KEY], 'is empty: add a user, or leave the key out to require no password');
  }
  for (const [name, hash] of entries) {
    const path = [USERS_KEY, name];
    if (name === '' || /[:\p{Cc}]/u.test(name)) {
      report.add(path, `the name of a user ${NAME_FORM}`, 'key', [USERS_KEY]);
    } else if (typeof hash !== 'string' || !HASH.test(hash)) {
      report.add(path, `the value of this user ${HASH_FORM}`, 'value', [USERS_KEY]);
    }
  }
}
