/**
 * The configuration: from a file, or from `--target` and the environment. It is either whole or a list of everything that
 * is wrong with it, each with its place. Secrets are tried, so that a missing one shows now; they are not kept.
 */
import { access } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { buildConfig } from './build.ts';
import type { Config } from './config.ts';
import { buildCredential, credentialProblems } from './credentials.ts';
import { baseUrlFromEnvironment, credentialFromEnvironment, type FromEnvironment } from './environment.ts';
import { type Dialect, schemaProblems } from './explain.ts';
import { readConfigFile } from './file.ts';
import { configJsonSchema, keysAt } from './json-schema.ts';
import { parsePairs } from './pairs.ts';
import { type Problem, problemsInFile } from './problems.ts';
import { proxyProblem } from './proxy.ts';
import { mappingAt, valueAt } from './raw.ts';
import { credentialNames, ruleProblems } from './rules.ts';
import { ALL_CLUSTERS, configSchema } from './schema.ts';
import type { Environment, OnSecret, SecretPlace } from './secret.ts';
import { HOW_TO_START, NO_CREDENTIAL } from './start.ts';
import { nearest } from './suggestion.ts';
import { parseYaml } from './yaml.ts';

export { formatProblem, type Problem } from './problems.ts';

export interface ConfigSource {
  /** `--config.file`, where it is given. */
  readonly file?: string | undefined;
  /** `--target`: GROUP_ID/CLUSTER. */
  readonly targets: readonly string[];
  readonly env: Environment;
  readonly cwd: string;
  readonly onSecret?: OnSecret;
}

export type Loaded =
  | {
      readonly config: Config;
      readonly warnings: readonly string[];
      /** Its absolute path, where it comes from a file. */
      readonly file?: string;
    }
  | { readonly problems: readonly Problem[] };

export const DEFAULT_CONFIG_FILE = 'mongodbatlas-backup-exporter.yml';

const CONFIG_FILE: Dialect = {
  schema: configSchema,
  keysAt: (path) => keysAt(configJsonSchema(), path),
  hidesKeys: ([top]) => top === 'credentials',
};

/** The path of the file that the config is read from; undefined where there is none. */
export async function configFileOf({ file, targets, cwd }: ConfigSource): Promise<string | undefined> {
  if (targets.length > 0) return undefined;
  if (file !== undefined) return resolve(cwd, file);
  const path = resolve(cwd, DEFAULT_CONFIG_FILE);
  return (await exists(path)) ? path : undefined;
}

export async function loadConfig(source: ConfigSource): Promise<Loaded> {
  const { file, targets, cwd } = source;
  const hasDefaultFile = file === undefined && (await exists(resolve(cwd, DEFAULT_CONFIG_FILE)));
  if (targets.length === 0) {
    const name = hasDefaultFile ? DEFAULT_CONFIG_FILE : file;
    return name === undefined ? refused([HOW_TO_START]) : await loadFile(name, source);
  }
  if (file !== undefined) {
    return refused(['--target and --config.file exclude each other: put the targets into the file, or leave it out']);
  }
  const ignored = `${DEFAULT_CONFIG_FILE} is not read, as --target is given`;
  return await loadTargets(source, hasDefaultFile ? [ignored] : []);
}

async function loadFile(name: string, { env, cwd, onSecret }: ConfigSource): Promise<Loaded> {
  const path = resolve(cwd, name);
  const read = await readConfigFile(name, path);
  if ('problem' in read) return { problems: [read.problem] };
  const { value, problems: syntax, locate } = parseYaml(read.text, 'the key targets');
  const keys = mappingAt(value);
  if (keys === undefined) {
    const message = 'the file has to consist of keys with values, such as targets';
    return { problems: problemsInFile(name, syntax.length > 0 ? syntax : [{ line: 1, column: 1, message }]) };
  }
  const place = { directory: dirname(path), env, onSecret };
  // Where the key is misspelt, that is the problem, and not that there is no credential.
  const wantsCredential = !Object.keys(keys).some((key) => nearest(key, CONFIG_FILE.keysAt([])) === 'credentials');
  const wantsBaseUrl = valueAt(value, ['atlas', 'base_url']) === undefined;
  const outside = await fromOutside({ env, onSecret }, wantsCredential, wantsBaseUrl);
  const problems = [
    ...syntax,
    ...schemaProblems(value, locate, CONFIG_FILE),
    ...ruleProblems(value, credentialNames(value), locate),
    ...(await credentialProblems(value, place, locate)),
    ...outside.problems.map((message) => ({ message })),
  ];
  if (problems.length > 0) return { problems: problemsInFile(name, problems) };
  const file = configSchema.parse(value);
  const credentials = file.credentials?.map((credential) => buildCredential(credential, place));
  const config = buildConfig({ ...outside, file, credentials: credentials ?? outside.credentials });
  const unreachable = proxyProblem(env, config.atlas.baseUrl, onSecret);
  if (unreachable !== undefined) return refused([unreachable]);
  const warnings = [...outside.warnings, ...unusedCredentials(config), ...clustersCalledAll(config)];
  return { config, file: path, warnings };
}

async function loadTargets({ targets, env, onSecret }: ConfigSource, warnings: readonly string[]): Promise<Loaded> {
  const { pairs, problems } = parsePairs(targets);
  const outside = await fromOutside({ env, onSecret }, true, true);
  if (problems.length + outside.problems.length > 0) return refused([...problems, ...outside.problems]);
  const file = configSchema.parse({
    targets: pairs.map(({ groupId, cluster }) => ({ group_id: groupId, clusters: [cluster] })),
  });
  const config = buildConfig({ ...outside, file });
  const unreachable = proxyProblem(env, config.atlas.baseUrl, onSecret);
  if (unreachable !== undefined) return refused([unreachable]);
  return { config, warnings: [...warnings, ...outside.warnings] };
}

type Outside = Pick<SecretPlace, 'env' | 'onSecret'>;

/** What the environment adds, as far as it is wanted. */
async function fromOutside({ env, onSecret }: Outside, wantsCredential: boolean, wantsBaseUrl: boolean) {
  const nothing: FromEnvironment = { problems: [], warnings: [] };
  const { credential, problems, warnings } = wantsCredential ? await credentialFromEnvironment(env, onSecret) : nothing;
  const url = wantsBaseUrl ? baseUrlFromEnvironment(env) : undefined;
  const lacksCredential = wantsCredential && credential === undefined && problems.length === 0;
  return {
    credentials: credential === undefined ? [] : [credential],
    baseUrl: url !== undefined && 'origin' in url ? url.origin : undefined,
    problems: [
      ...problems,
      ...(lacksCredential ? [NO_CREDENTIAL] : []),
      ...(url !== undefined && 'wrong' in url ? [url.wrong] : []),
    ],
    warnings,
  };
}

function unusedCredentials({ credentials, targets, discoveries }: Config): readonly string[] {
  return credentials
    .filter(({ name }) => ![...targets, ...discoveries].some(({ credential }) => credential === name))
    .map(({ name }) => `no target uses the credential ${name}`);
}

function clustersCalledAll({ targets }: Config): readonly string[] {
  return targets
    .filter(({ clusterName }) => clusterName.toLowerCase() === ALL_CLUSTERS)
    .map(
      ({ groupId, clusterName }) =>
        `in project ${groupId} one cluster is watched, ${clusterName} by name: clusters: all, without brackets, stands for every cluster`,
    );
}

function refused(messages: readonly string[]): Loaded {
  return { problems: messages.map((message) => ({ message })) };
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    // Where it can't be looked at, reading it says why.
    return (error as { code?: string }).code !== 'ENOENT';
  }
}
