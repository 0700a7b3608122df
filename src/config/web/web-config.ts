/**
 * Loads the web config file: TLS, headers and users. The result is either complete settings or all problems, each with its
 * place. Certificates and keys are read and tried too.
 */
import { createHash } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import type { GuardSettings } from '../../web/guards/settings.ts';
import { schemaProblems } from '../explain.ts';
import { readConfigFile } from '../file.ts';
import { type Problem, problemsInFile } from '../problems.ts';
import { mappingAt, valueAt } from '../raw.ts';
import { parseYaml } from '../yaml.ts';
import { webRuleProblems } from './rules.ts';
import { TLS_KEY, USERS_KEY, WEB_CONFIG_FILE, webConfigSchema } from './schema.ts';
import { buildTls, readTlsFiles, type TlsFiles, tlsFileProblems } from './tls.ts';

export interface WebConfigSource {
  /** `--web.config.file` */
  readonly file: string;
  readonly cwd: string;
}

export type LoadedWebConfig = {
  /** Changes with the content of the file and of the files that it names. */
  readonly fingerprint: string;
} & ({ readonly webConfig: GuardSettings } | { readonly problems: readonly Problem[] });

const NEEDED_KEYS = `${TLS_KEY} or ${USERS_KEY}`;

export async function loadWebConfig({ file: name, cwd }: WebConfigSource): Promise<LoadedWebConfig> {
  const path = resolve(cwd, name);
  const read = await readConfigFile(name, path, 'web config file');
  if ('problem' in read) return { fingerprint: fingerprintOf(read.problem.message, {}), problems: [read.problem] };
  const { value, problems: syntax, locate } = parseYaml(read.text, NEEDED_KEYS);
  if (mappingAt(value) === undefined) {
    const message = `the file must contain keys with values, such as ${NEEDED_KEYS}`;
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
  return { fingerprint, webConfig: buildGuards(value, files, dirname(path)) };
}

function buildGuards(value: unknown, files: TlsFiles, directory: string): GuardSettings {
  const { tls_server_config: tlsValues, http_server_config: http } = webConfigSchema.parse(value);
  const tls = tlsValues && buildTls(tlsValues, files, directory);
  const headers = Object.entries(http?.headers ?? {}).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  // Not from zod's result: zod drops a user named __proto__.
  const users = Object.entries(mappingAt(valueAt(value, [USERS_KEY])) ?? {});
  return {
    ...(tls && { tls }),
    headers: Object.fromEntries(headers),
    users: new Map(users.map(([user, hash]) => [user, String(hash)])),
  };
}

function fingerprintOf(text: string, files: TlsFiles): string {
  const hash = createHash('sha256').update(text);
  for (const [name, contents] of Object.entries(files)) {
    hash.update(`\0${name}\0`).update('why' in contents ? contents.why : contents.bytes);
  }
  return hash.digest('hex');
}
