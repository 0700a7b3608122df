/** What `check` finds without asking anyone: the config's own problems, and those of what else there is to look at. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { CheckFlags } from '../cli/parse.ts';
import type { Config } from '../config/config.ts';
import { type ConfigSource, loadConfig } from '../config/load.ts';
import type { Problem } from '../config/problems.ts';
import { loadWebConfig } from '../config/web/web-config.ts';

export interface Findings {
  readonly problems: readonly Problem[];
  /** What works, and yet should be looked at. */
  readonly warnings: readonly string[];
}

export interface Checked extends Findings {
  /** Left out where it is wrong. */
  readonly config?: Config;
  /** Left out where there is no file. */
  readonly file?: string;
  /** Left out where none was named. */
  readonly webConfigFile?: string;
}

type Subject = Pick<Checked, 'config' | 'file'>;
type Surroundings = CheckFlags & Pick<ConfigSource, 'cwd' | 'files'>;
type Validator = (subject: Subject, around: Surroundings) => Promise<Findings>;

/** What is looked at beside the config file. A file of another kind is a line here. */
const VALIDATORS: readonly Validator[] = [secretFileFindings, webConfigFindings];

export async function findings(source: ConfigSource, flags: CheckFlags): Promise<Checked> {
  const loaded = await loadConfig(source);
  const { problems, warnings, ...subject } = { problems: [], warnings: [], ...loaded };
  const more = await Promise.all(
    VALIDATORS.map((validator) => validator(subject, { ...flags, cwd: source.cwd, files: source.files })),
  );
  const { webConfigFile } = flags;
  return {
    ...subject,
    ...(webConfigFile !== undefined && { webConfigFile: resolve(source.cwd, webConfigFile) }),
    problems: [...problems, ...more.flatMap((one) => one.problems)],
    warnings: [...warnings, ...more.flatMap((one) => one.warnings)],
  };
}

/** Whose names are known to many. */
const NOT_SECRET = ['client_id', 'public_key'];

/** Those who may read a secret's file have the secret. */
async function secretFileFindings({ config, file }: Subject): Promise<Findings> {
  const all = (config?.credentials ?? []).flatMap(({ secrets }) => Object.entries(secrets));
  const secrets = all.filter(([slot]) => !NOT_SECRET.includes(slot)).map(([, source]) => source);
  const inConfig = secrets.some(({ description }) => description === 'inline');
  const files = [...secrets.map((source) => source.file), ...(inConfig ? [file] : [])];
  const paths = [...new Set(files)].filter((path) => path !== undefined);
  const warnings = await Promise.all(paths.map(openToOthers));
  return { problems: [], warnings: warnings.filter((warning) => warning !== undefined) };
}

async function webConfigFindings(
  _subject: Subject,
  { webConfigFile: file, cwd, files }: Surroundings,
): Promise<Findings> {
  if (file === undefined) return { problems: [], warnings: [] };
  const loaded = await loadWebConfig({ file, cwd, files });
  if ('problems' in loaded) return { problems: loaded.problems, warnings: [] };
  const { tls, users } = loaded.webConfig;
  const inTheOpen = `${file} asks for passwords without TLS: whoever is on the way can read them; add tls_server_config`;
  const warnings = [tls && (await openToOthers(tls.keyFile)), tls || users.size === 0 ? undefined : inTheOpen];
  return { problems: [], warnings: warnings.filter((warning) => warning !== undefined) };
}

async function openToOthers(path: string): Promise<string | undefined> {
  const mode = await stat(path).then(
    (stats) => stats.mode,
    // Whether it can be read at all has been looked at before.
    () => 0,
  );
  const readers = [...(mode & 0o004 ? ['everyone on this host'] : []), ...(mode & 0o040 ? ['its group'] : [])];
  if (readers[0] === undefined) return undefined;
  const written = (mode & 0o777).toString(8).padStart(4, '0');
  return `${path} holds a secret and can be read by ${readers[0]} (mode ${written}): chmod 600 it if that is not meant`;
}
