/**
 * How the exporter is guarded, from the web config file: TLS, headers, users. Like the config it is whole or a list of
 * everything that is wrong, each with its place; certificates and keys are read and tried along with it.
 */
import { createHash } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import { schemaProblems } from '../explain.ts';
import { readConfigFile } from '../file.ts';
import { type Problem, problemsInFile } from '../problems.ts';
import { mappingAt, valueAt } from '../raw.ts';
import { parseYaml } from '../yaml.ts';
import { webRuleProblems } from './rules.ts';
import { USERS_KEY, WEB_CONFIG_FILE, webConfigSchema } from './schema.ts';
import { buildTls, readTlsFiles, type TlsFiles, tlsFileProblems } from './tls.ts';

export interface WebConfig {
  /** Left out: plain HTTP. */
  readonly tls?: TlsConfig;
  /** Beyond and instead of those that answers have by themselves; an empty value leaves one out. */
  readonly headers: Readonly<Record<string, string>>;
  /** bcrypt hashes by name. Nobody: no password is asked for. */
  readonly users: ReadonlyMap<string, string>;
}

/** Certificates and keys are PEM, and known to work. */
export interface TlsConfig {
  readonly cert: Buffer;
  /** A function, so that a printed config shows no key. */
  readonly key: () => Buffer;
  readonly keyFile: string;
  readonly clientAuthorities?: Buffer;
  readonly clientCertificates: 'none' | 'if_given' | 'required';
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  readonly maxVersion: 'TLSv1.2' | 'TLSv1.3';
  /** In OpenSSL's form. */
  readonly ciphers: string;
  readonly preferServerCiphers: boolean;
}

export interface WebConfigSource {
  /** `--web.config.file` */
  readonly file: string;
  readonly cwd: string;
}

export type LoadedWebConfig = {
  /** Changes when the file changes, or a file that it names. */
  readonly fingerprint: string;
} & ({ readonly webConfig: WebConfig } | { readonly problems: readonly Problem[] });

export const OPEN_TO_ALL: WebConfig = { headers: {}, users: new Map() };

const WANTS = 'tls_server_config or basic_auth_users';

export async function loadWebConfig({ file: name, cwd }: WebConfigSource): Promise<LoadedWebConfig> {
  const path = resolve(cwd, name);
  const read = await readConfigFile(name, path, 'web config file');
  if ('problem' in read) return { fingerprint: fingerprintOf(read.problem.message, {}), problems: [read.problem] };
  const { value, problems: syntax, locate } = parseYaml(read.text, WANTS);
  if (mappingAt(value) === undefined) {
    const message = `the file has to consist of keys with values, such as ${WANTS}`;
    const problems = problemsInFile(name, syntax.length > 0 ? syntax : [{ line: 1, column: 1, message }]);
    return { fingerprint: fingerprintOf(read.text, {}), problems };
  }
  const files = await readTlsFiles(value, dirname(path));
  const fingerprint = fingerprintOf(read.text, files);
  const problems = [
    ...syntax,
    ...schemaProblems(value, locate, WEB_CONFIG_FILE),
    ...webRuleProblems(value, locate),
    ...tlsFileProblems(value, files, locate),
  ];
  if (problems.length > 0) return { fingerprint, problems: problemsInFile(name, problems) };
  return { fingerprint, webConfig: buildWebConfig(value, files, dirname(path)) };
}

function buildWebConfig(value: unknown, files: TlsFiles, directory: string): WebConfig {
  const { tls_server_config: tlsFile, http_server_config: httpFile } = webConfigSchema.parse(value);
  const tls = tlsFile && buildTls(tlsFile, files, directory);
  const headers = Object.entries(httpFile?.headers ?? {}).flatMap(([name, text]) =>
    text === undefined ? [] : [[name, text] as const],
  );
  // Not from what zod made of it, which knows no user called __proto__.
  const users = Object.entries(mappingAt(valueAt(value, [USERS_KEY])) ?? {}).map(
    ([user, hash]) => [user, String(hash)] as const,
  );
  return { ...(tls && { tls }), headers: Object.fromEntries(headers), users: new Map(users) };
}

function fingerprintOf(text: string, files: TlsFiles): string {
  const hash = createHash('sha256').update(text);
  for (const [name, contents] of Object.entries(files)) {
    hash.update(`\0${name}\0`).update('why' in contents ? contents.why : contents.bytes);
  }
  return hash.digest('hex');
}
