/**
 * Loads the configuration from a file, or from `--target` and the environment: either complete, or the list of everything that
 * is wrong, each with its place. Secrets are read once, so that a missing one is reported now; they are not kept.
 */
import { access } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { buildConfig, buildCredentials, type ConfigParts } from './build.ts';
import type { Config } from './config.ts';
import { checkCredentials } from './credentials.ts';
import { ATLAS_VARIABLES, baseUrlFromEnvironment, credentialFromEnvironment, proxyProblem } from './environment.ts';
import { configJsonSchema, createKeysAt } from './json-schema.ts';
import { nearest } from './nearest.ts';
import { createReport, type Problem, problemsInFile } from './problems.ts';
import { checkRules } from './rules.ts';
import { ALL_CLUSTERS, configSchema } from './schema.ts';
import { type FileFormat, schemaProblems } from './schema-errors.ts';
import type { SecretPlace } from './secrets.ts';
import { parseTargetFlags } from './target-flags.ts';
import { mappingAt, valueAt } from './untyped-yaml.ts';
import { parseYaml } from './yaml.ts';

export interface ConfigSource extends Omit<SecretPlace, 'directory'> {
  /** `--config.file` */
  readonly file?: string | undefined;
  /** `--target`: GROUP_ID/CLUSTER. */
  readonly targets: readonly string[];
  readonly cwd: string;
}

export type Loaded =
  | {
      readonly config: Config;
      readonly warnings: readonly string[];
      /** The absolute path, if the config is in a file. */
      readonly file?: string;
    }
  | { readonly problems: readonly Problem[] };

export const DEFAULT_CONFIG_FILE = 'mongodbatlas-backup-exporter.yml';

const HOW_TO_START = `nothing to watch: there is no --target, no --config.file and no ${DEFAULT_CONFIG_FILE} here. To start:

  # Try it without an account:
  mongodbatlas-backup-exporter demo

  # One cluster, with a service account of its project:
  export ${ATLAS_VARIABLES.clientId}=mdb_sa_id_… ${ATLAS_VARIABLES.clientSecret}=mdb_sa_sk_…
  mongodbatlas-backup-exporter --target GROUP_ID/CLUSTER

  # Everything else:
  mongodbatlas-backup-exporter --config.file ${DEFAULT_CONFIG_FILE}`;

const CONFIG_FILE: FileFormat = {
  schema: configSchema,
  keysAt: createKeysAt(configJsonSchema),
  hidesKeys: ([top]) => top === 'credentials',
};

/** The absolute path of the config file; undefined if there is none. */
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
  return await loadTargets(
    source,
    hasDefaultFile ? [`${DEFAULT_CONFIG_FILE} is not read, because --target is given`] : [],
  );
}

async function loadFile(name: string, source: ConfigSource): Promise<Loaded> {
  const path = resolve(source.cwd, name);
  const text = await source.files.readText(path, name, 'config file');
  if ('problem' in text) return refused([text.problem]);
  const { value, problems: syntax, locate } = parseYaml(text.value, 'the key targets');
  const keys = mappingAt(value);
  if (keys === undefined) {
    const message = 'the file has to consist of keys with values, such as targets';
    return { problems: problemsInFile(name, syntax.length > 0 ? syntax : [{ line: 1, column: 1, message }]) };
  }
  const place = { ...source, directory: dirname(path) };
  const report = createReport(locate);
  checkRules(value, report);
  const credentials = await checkCredentials(value, place, report);
  const outside = await fromEnvironment(place, {
    // If the key is misspelt, that is the problem, and not that there is no credential.
    credential: !Object.keys(keys).some((key) => nearest(key, CONFIG_FILE.keysAt([])) === 'credentials'),
    baseUrl: valueAt(value, ['atlas', 'base_url']) === undefined,
  });
  const problems = [...syntax, ...schemaProblems(value, locate, CONFIG_FILE), ...report.problems, ...outside.problems];
  if (problems.length > 0) return { problems: problemsInFile(name, problems) };
  const file = configSchema.parse(value);
  const loaded = finish(source, {
    ...outside,
    file,
    credentials: [...buildCredentials(file, credentials), ...outside.credentials],
  });
  if ('problems' in loaded) return loaded;
  return { ...loaded, file: path, warnings: [...outside.warnings, ...warningsOf(loaded.config)] };
}

async function loadTargets(source: ConfigSource, warnings: readonly string[]): Promise<Loaded> {
  const { targets, problems } = parseTargetFlags(source.targets);
  const outside = await fromEnvironment({ ...source, directory: source.cwd }, { credential: true, baseUrl: true });
  if (problems.length + outside.problems.length > 0) {
    return { problems: [...problems.map((message) => ({ message })), ...outside.problems] };
  }
  const file = configSchema.parse({
    targets: targets.map(({ groupId, cluster }) => ({ group_id: groupId, clusters: [cluster] })),
  });
  const loaded = finish(source, { ...outside, file });
  return 'problems' in loaded ? loaded : { ...loaded, warnings: [...warnings, ...outside.warnings] };
}

function finish({ env, onSecret }: ConfigSource, parts: ConfigParts): Loaded {
  const config = buildConfig(parts);
  const problem = proxyProblem(env, config.atlas.baseUrl, onSecret);
  return problem === undefined ? { config, warnings: [] } : refused([problem]);
}

/** What the environment adds, as far as it is wanted. */
async function fromEnvironment(
  place: SecretPlace,
  wanted: { readonly credential: boolean; readonly baseUrl: boolean },
) {
  const nothing = { credentials: [], problems: [], warnings: [] };
  const { credentials, problems, warnings } = wanted.credential ? await credentialFromEnvironment(place) : nothing;
  const url = wanted.baseUrl ? baseUrlFromEnvironment(place.env) : { value: undefined };
  const all = 'problem' in url ? [...problems, url.problem] : problems;
  return {
    credentials,
    baseUrl: 'value' in url ? url.value : undefined,
    problems: all.map((message): Problem => ({ message })),
    warnings,
  };
}

function warningsOf({ credentials, targets, discoveries }: Config): readonly string[] {
  const used = new Set([...targets, ...discoveries].map(({ credential }) => credential));
  const unused = credentials.filter(({ name }) => !used.has(name));
  const calledAll = targets.filter(({ clusterName }) => clusterName.toLowerCase() === ALL_CLUSTERS);
  return [
    ...unused.map(({ name }) => `no target uses the credential ${name}`),
    ...calledAll.map(
      ({ groupId, clusterName }) =>
        `in project ${groupId} only the cluster with the name ${clusterName} is watched: for every cluster, write clusters: all, without brackets`,
    ),
  ];
}

function refused(messages: readonly string[]): Loaded {
  return { problems: messages.map((message) => ({ message })) };
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    // If it cannot be accessed, reading it says why.
    return (error as { code?: string }).code !== 'ENOENT';
  }
}
