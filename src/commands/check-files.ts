/** Checks the config, its secret files and the web config file, without a request to Atlas. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Config } from '../config/config.ts';
import { type ConfigSource, loadConfig } from '../config/load.ts';
import type { Problem } from '../config/problems.ts';
import { expiryWarning } from '../config/web/tls.ts';
import { loadWebConfig } from '../config/web/web-config.ts';

export interface FileChecks {
  readonly problems: readonly Problem[];
  /** Warnings: what works but is risky. */
  readonly warnings: readonly string[];
  /** The config; absent if it has problems. */
  readonly config?: Config;
  /** Absolute path of the config file; absent if the config comes from flags and environment. */
  readonly file?: string;
  /** Absolute path; absent if no web config file is given. */
  readonly webConfigFile?: string;
}

type Checks = Pick<FileChecks, 'problems' | 'warnings'>;

export async function checkFiles(
  source: ConfigSource,
  nowSeconds: number,
  webConfigFile?: string,
): Promise<FileChecks> {
  const loaded: FileChecks = { problems: [], warnings: [], ...(await loadConfig(source)) };
  const secretFiles = await unsafeFiles(secretFilesOf(loaded));
  const web = webConfigFile === undefined ? undefined : await checkWebConfig(webConfigFile, source, nowSeconds);
  return {
    ...loaded,
    ...(webConfigFile !== undefined && { webConfigFile: resolve(source.cwd, webConfigFile) }),
    problems: [...loaded.problems, ...(web?.problems ?? [])],
    warnings: [...loaded.warnings, ...secretFiles, ...(web?.warnings ?? [])],
  };
}

/** The parts of a credential that are not secret. */
const NOT_SECRET = ['client_id', 'public_key'];

function secretFilesOf({ config, file }: FileChecks): readonly string[] {
  const slots = (config?.credentials ?? []).flatMap(({ secrets }) => Object.entries(secrets));
  const secrets = slots.filter(([slot]) => !NOT_SECRET.includes(slot)).map(([, source]) => source);
  const paths = secrets.map((source) => (source.description === 'inline' ? file : source.file));
  return [...new Set(paths)].filter((path) => path !== undefined);
}

async function checkWebConfig(file: string, { cwd, files }: ConfigSource, nowSeconds: number): Promise<Checks> {
  const loaded = await loadWebConfig({ file, cwd, files });
  if ('problems' in loaded) return { problems: loaded.problems, warnings: [] };
  const { webConfig, warnings } = loaded;
  const { tls, users } = webConfig;
  if (tls) {
    const expiry = expiryWarning(tls, nowSeconds);
    return {
      problems: [],
      warnings: [...warnings, ...(await unsafeFiles([tls.keyFile])), ...(expiry ? [expiry] : [])],
    };
  }
  const cleartext = `${file} asks for passwords without TLS: they cross the network unencrypted; add tls_server_config`;
  return { problems: [], warnings: users.size === 0 ? warnings : [...warnings, cleartext] };
}

/** A warning for each secret file that other users can read. */
async function unsafeFiles(paths: readonly string[]): Promise<readonly string[]> {
  const warnings = await Promise.all(paths.map(warningFor));
  return warnings.filter((warning) => warning !== undefined);
}

async function warningFor(path: string): Promise<string | undefined> {
  // The check of the config has already reported a file that cannot be read.
  const mode = (await stat(path).catch(() => undefined))?.mode ?? 0;
  if ((mode & 0o044) === 0) return undefined;
  const readers = mode & 0o004 ? 'everyone on this host' : 'its group';
  const octal = (mode & 0o777).toString(8).padStart(4, '0');
  return `${path} holds a secret and can be read by ${readers} (mode ${octal}): chmod 600 it unless this is intended`;
}
