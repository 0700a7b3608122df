/**
 * Loads the web config file: TLS, headers and users. The result is either complete settings or all problems, each with its
 * place. Certificates and keys are read and tried too.
 */
import { createHash } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import type { GuardSettings } from '../../web/guards/settings.ts';
import type { FileReader } from '../files.ts';
import { type Problem, problemsInFile } from '../problems.ts';
import { schemaProblems } from '../schema-errors.ts';
import { mappingAt, valueAt } from '../untyped-yaml.ts';
import { parseYaml } from '../yaml.ts';
import { webRuleProblems } from './rules.ts';
import { TLS_KEY, USERS_KEY, WEB_CONFIG_FILE, webConfigSchema } from './schema.ts';
import { buildTls, readTlsFiles, type TlsFiles, tlsFileProblems } from './tls.ts';

export interface WebConfigSource {
  /** `--web.config.file` */
  readonly file: string;
  readonly cwd: string;
  readonly files: FileReader;
}

export type LoadedWebConfig = {
  /** Changes with the content of the file and of the files that it names. */
  readonly fingerprint: string;
} & ({ readonly webConfig: GuardSettings } | { readonly problems: readonly Problem[] });

const NEEDED_KEYS = `${TLS_KEY} or ${USERS_KEY}`;

export async function loadWebConfig({ file: name, cwd, files: reader }: WebConfigSource): Promise<LoadedWebConfig> {
  const path = resolve(cwd, name);
  const read = await reader.readText(path, name, 'web config file');
  if ('problem' in read) {
    return { fingerprint: fingerprintOf(read.problem, {}), problems: [{ message: read.problem }] };
  }
  const { value, problems: syntax, locate } = parseYaml(read.value, NEEDED_KEYS);
  if (mappingAt(value) === undefined) {
    const message = `the file must contain keys with values, such as ${NEEDED_KEYS}`;
    const problems = problemsInFile(name, syntax.length > 0 ? syntax : [{ line: 1, column: 1, message }]);
    return { fingerprint: fingerprintOf(read.value, {}), problems };
  }
  const files = await readTlsFiles(value, dirname(path), reader);
  const fingerprint = fingerprintOf(read.value, files);
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
    hash.update(`\0${name}\0`).update('problem' in contents ? contents.problem : contents.value);
  }
  return hash.digest('hex');
}
