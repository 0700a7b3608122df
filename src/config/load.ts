/**
 * Loads the configuration from files, or from `--target` and the environment. The result is the complete configuration,
 * or all problems with their places. Secrets are read once, to report problems at the start; they are not kept.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { given } from '../support/checked.ts';
import { fingerprintOf } from '../support/file-watch.ts';
import { quote } from '../support/words.ts';
import { buildConfig, type Config } from './config.ts';
import { type FileFormat, openConfigFiles } from './config-file.ts';
import { ATLAS_VARIABLES, baseUrlFromEnvironment, readCredentials } from './credentials.ts';
import { listFiles } from './files.ts';
import { isOfMongodb, proxyFromEnvironment, readCaFile } from './network.ts';
import { createReport, valueAt } from './problems.ts';
import { checkRules } from './rules.ts';
import { configSchema, DEFAULT_BASE_URL } from './schema.ts';
import type { PlaceOf, SecretPlace } from './secrets.ts';
import { ALL, CLUSTER_NAME, clusterNameAdvice, GROUP_ID, GROUP_ID_FORM } from './target-schema.ts';

export interface ConfigSource extends Omit<SecretPlace, 'configFile'> {
  /** `--config.file`: files and folders. */
  readonly paths?: readonly string[];
  /** `--target`: GROUP_ID/CLUSTER. */
  readonly targets: readonly string[];
  readonly cwd: string;
}

export type Loaded = Awaited<ReturnType<typeof loadConfig>>;

const DEFAULT_CONFIG_FILE = 'mongodbatlas-backup-exporter.yml';

const HOW_TO_START = `nothing to watch: there is no --target, no --config.file and no ${DEFAULT_CONFIG_FILE} here. To start:

  # Try it without an account:
  mongodbatlas-backup-exporter demo

  # With a config file, and each secret in a file of its own:
  mongodbatlas-backup-exporter --config.file ${DEFAULT_CONFIG_FILE}

  # For a try, one cluster, with the secret in an environment variable:
  export ${ATLAS_VARIABLES.client_id[0]}=mdb_sa_id_… ${ATLAS_VARIABLES.client_secret[0]}=mdb_sa_sk_…
  mongodbatlas-backup-exporter --target GROUP_ID/CLUSTER`;

const CONFIG_FILE: FileFormat<typeof configSchema> = {
  what: 'config file',
  required: 'targets',
  schema: configSchema,
  secretKey: 'credentials',
};

/** The fingerprint of the config files, and of the lists of files in folders. */
export async function lookAtConfig({ paths = [], cwd }: Pick<ConfigSource, 'paths' | 'cwd'>): Promise<string> {
  const files = await listFiles(paths.length > 0 ? paths : [DEFAULT_CONFIG_FILE], cwd);
  return await fingerprintOf(files.map((file) => resolve(cwd, file)));
}

export async function loadConfig(source: ConfigSource) {
  const { paths = [], targets, cwd, env } = source;
  const hasDefaultFile = paths.length === 0 && existsSync(resolve(cwd, DEFAULT_CONFIG_FILE));
  const names = hasDefaultFile ? [DEFAULT_CONFIG_FILE] : paths;
  const isFromFlags = targets.length > 0;
  if (!isFromFlags && names.length === 0) return { problems: [{ message: HOW_TO_START }] };
  const listed = isFromFlags ? [] : await listFiles(names, cwd);
  const opened = isFromFlags ? openTargets(targets) : await openConfigFiles(listed, source, CONFIG_FILE);
  const { keys, checked: file, report, fileOf } = opened;
  if (keys === undefined) return { problems: report.problems() };
  if (isFromFlags && paths.length > 0) {
    report.addWhole({
      message: '--target and --config.file exclude each other: put the targets into the file, or leave it out',
    });
  }
  if (isFromFlags && hasDefaultFile)
    report.warnings.push(`${DEFAULT_CONFIG_FILE} is not read, because --target is given`);
  const placeOf: PlaceOf = (path) => ({ ...source, configFile: fileOf(path) });
  if (!isFromFlags) checkRules(keys, report);
  const credentials = await readCredentials(keys, placeOf, report);
  const hasBaseUrl = valueAt(keys, ['atlas', 'base_url']) !== undefined;
  const baseUrl = (hasBaseUrl ? file?.atlas.base_url : baseUrlFromEnvironment(env, report)) ?? DEFAULT_BASE_URL;
  const ca = await readCaFile(keys, placeOf, report);
  const proxy = proxyFromEnvironment(source, baseUrl);
  if ('problem' in proxy) report.addWhole({ message: proxy.problem });
  const problems = report.problems();
  if (file === undefined || 'problem' in proxy || problems.length > 0) return { problems };
  const targetPlace = (index: number) => report.placeOf(['targets', index]);
  const config = buildConfig({ file, credentials, baseUrl, proxy: proxy.value, ca, placeOf: targetPlace });
  const warnings = [...report.warnings, ...warningsOf(config)];
  /** Absolute paths. Absent if the config comes from flags and environment. */
  const configFiles = isFromFlags ? undefined : listed.map((name) => resolve(cwd, name));
  return { config, warnings, ...given({ configFiles }) };
}

/** What a config file with these targets would be. */
function openTargets(texts: readonly string[]) {
  const report = createReport();
  const targets = texts.map((text, index) => {
    const problem = texts.indexOf(text) < index ? 'is given twice' : problemWithTarget(text);
    if (problem !== undefined) report.addWhole({ message: `--target ${quote(text)}: ${problem}` });
    const [group_id, cluster] = text.split('/');
    return { group_id, clusters: [cluster] };
  });
  return { keys: { targets }, checked: configSchema.safeParse({ targets }).data, report, fileOf: () => '' };
}

function problemWithTarget(text: string): string | undefined {
  const [groupId = '', cluster, ...rest] = text.split('/');
  if (cluster === undefined || rest.length > 0) return 'write the project’s id, a slash and the name of one cluster';
  if (!GROUP_ID.test(groupId)) return `the part before the slash is not a project id: ${GROUP_ID_FORM}`;
  return CLUSTER_NAME.test(cluster)
    ? undefined
    : `the part after the slash is not a cluster name: ${clusterNameAdvice(cluster)}`;
}

function warningsOf({ atlas, credentials, targets, discoveries, organizations = [] }: Config): readonly string[] {
  const used = new Set([...targets, ...discoveries, ...organizations].map(({ credential }) => credential));
  const unused = credentials.filter(({ name }) => !used.has(name));
  const calledAll = targets.filter(({ clusterName }) => clusterName.toLowerCase() === ALL);
  const { host } = new URL(atlas.baseUrl);
  return [
    ...(isOfMongodb(atlas.baseUrl)
      ? []
      : [`the base URL has the host ${host}, which is not MongoDB’s: credentials are sent there`]),
    ...unused.map(({ name }) => `no target uses the credential ${name}`),
    ...calledAll.map(
      ({ groupId, clusterName }) =>
        `in project ${groupId} only the cluster with the name ${clusterName} is watched: for every cluster, write clusters: all in a config file, without brackets`,
    ),
  ];
}
