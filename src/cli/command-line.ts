/**
 * The command line and its twin in the environment, as values. It does nothing: help, the version and mistakes come back as
 * text and an exit code. It knows the form of a flag's value, not whether what it names exists.
 */
import { Command, CommanderError, Option } from 'commander';
import { quote } from '../config/problems.ts';
import { MOST_SHARDS, parseShard, type Shard } from '../config/shard.ts';
import {
  type ListenAddress,
  parseChoice,
  parseListenAddress,
  parseNumberBetween,
  parseSwitch,
  parseTelemetryPath,
  parseText,
  parseWholeNumber,
  parseWholeNumberBetween,
  type Value,
} from './flag-values.ts';
import { COMMANDS, type CommandName, type FlagName, flagsOf, variableOf } from './flags.ts';
import { healthUrlAt, parseHealthUrl } from './health-url.ts';
import { helpText } from './help.ts';
import { wordingOf } from './usage-error.ts';

export type { ListenAddress } from './flag-values.ts';

export interface WebFlags {
  readonly listenAddresses: readonly ListenAddress[];
  readonly telemetryPath: string;
  readonly configFile?: string;
  /** 0: any number. */
  readonly maxRequests: number;
  readonly disableExporterMetrics: boolean;
  /** POST /-/reload. */
  readonly enableLifecycle: boolean;
}

export interface LogFlags {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly format: 'json' | 'logfmt';
}

/** What is watched: of every command that asks Atlas. */
export interface WatchFlags {
  readonly configFile?: string;
  /** GROUP_ID/CLUSTER, not looked at yet. */
  readonly targets: readonly string[];
  /** Left out: this process watches everything. */
  readonly shard?: Shard;
  readonly log: LogFlags;
}

export interface ServeFlags extends WatchFlags {
  /** Whether the file is reloaded when it changes. */
  readonly autoReload: boolean;
  readonly web: WebFlags;
}

export interface CheckFlags extends WatchFlags {
  readonly online: boolean;
  readonly format: 'table' | 'json';
  /** Looked at too, where it is named. */
  readonly webConfigFile?: string;
}

export interface OnceFlags extends WatchFlags {
  /** Left out: standard output. */
  readonly output?: string;
}

export interface HealthFlags {
  /** Of the health page. */
  readonly url: string;
  /** To show to an exporter that wants to see a certificate: two PEM files. */
  readonly client?: { readonly certificate: string; readonly key: string };
}

export interface DemoFlags {
  readonly speed?: number;
  readonly seed?: number;
  readonly web: WebFlags;
  readonly log: LogFlags;
}

export type CommandLine =
  | { readonly command: 'serve'; readonly flags: ServeFlags }
  | { readonly command: 'check'; readonly flags: CheckFlags }
  | { readonly command: 'once'; readonly flags: OnceFlags }
  | { readonly command: 'health'; readonly flags: HealthFlags }
  | { readonly command: 'demo'; readonly flags: DemoFlags }
  | { readonly command: 'exit'; readonly code: 0 | 2; readonly stdout: string; readonly stderr: string };

const commandNames = Object.keys(COMMANDS) as readonly CommandName[];

type Environment = Readonly<Record<string, string | undefined>>;

/** `words` are without node and the script. */
export function parseCommandLine(words: readonly string[], env: Environment, version: string): CommandLine {
  const args = words[0] === 'help' ? askingForHelp(words.slice(1)) : words;
  let stdout = '';
  let chosen: { readonly command: CommandName; readonly options: Readonly<Record<string, unknown>> } | undefined;
  const program = createProgram(version, (command, options) => {
    chosen = { command, options };
  });
  const commands = [program, ...program.commands];
  for (const command of commands) {
    command.exitOverride().configureOutput({
      writeOut(text) {
        stdout += text;
      },
      writeErr() {},
    });
  }
  try {
    program.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { command: 'exit', code: 0, stdout, stderr: '' };
    const { code, message } = error;
    const command = commandNames.find((name) => name === program.args[0]);
    const words = program.commands.flatMap((each) => each.args);
    return usage([wordingOf({ code, message, command, words })], command);
  }
  if (chosen === undefined) return usage(['no command']);
  return readFlags(chosen.command, chosen.options, env);
}

/** `help check` is what many try first. Of a command that there isn't, there is no help. */
function askingForHelp(words: readonly string[]): readonly string[] {
  const [command] = words;
  return command === undefined || commandNames.some((name) => name === command) ? [...words, '--help'] : words;
}

type Chosen = (command: CommandName, options: Readonly<Record<string, unknown>>) => void;

function createProgram(version: string, onChosen: Chosen): Command {
  const program = new Command('mongodbatlas-backup-exporter')
    .version(`mongodbatlas-backup-exporter ${version}`, '--version')
    .helpCommand(false)
    .configureHelp({ formatHelp: () => helpText('serve') });
  for (const name of commandNames) {
    const command = program
      .command(name, { isDefault: name === 'serve' })
      .configureHelp({ formatHelp: () => helpText(name) })
      .action((options: Readonly<Record<string, unknown>>) => onChosen(name, options));
    for (const flag of flagsOf(name)) {
      const option = new Option(flag.value === undefined ? `--${flag.name}` : `--${flag.name} <${flag.value}>`);
      if (flag.repeatable)
        option.argParser((text, earlier: readonly string[] | undefined) => [...(earlier ?? []), text]);
      command.addOption(option);
    }
  }
  return program;
}

/** A flag's texts and by which name the user gave them. */
interface Given {
  readonly as: string;
  readonly texts: readonly string[];
}

function readFlags(command: CommandName, options: Readonly<Record<string, unknown>>, env: Environment): CommandLine {
  const problems: string[] = [];
  const known = new Map(flagsOf(command).map((flag) => [flag.name, givenOf(flag, command, options, env)] as const));

  function all<T>(name: FlagName, parse: (text: string) => Value<T>): readonly T[] {
    const { as = '', texts = [] } = known.get(name) ?? {};
    return texts.flatMap((text) => {
      const result = parse(text);
      if ('value' in result) return [result.value];
      problems.push(`${as}${text === '' || result.isPrivate ? '' : ` ${quote(text)}`}: ${result.wrong}`);
      return [];
    });
  }
  const last = <T>(name: FlagName, parse: (text: string) => Value<T>): T | undefined => all(name, parse).at(-1);

  const [configFile, targets] = [last('config.file', parseText), all('target', parseText)];
  const autoReload = last('config.auto-reload', parseSwitch) ?? false;
  const [speed, seed] = [last('speed', parseNumberBetween(0.1, 10_000)), last('seed', parseWholeNumber)];
  const webConfigFile = last('web.config.file', parseText);
  const web: WebFlags = {
    ...(webConfigFile === undefined ? {} : { configFile: webConfigFile }),
    maxRequests: last('web.max-requests', parseWholeNumberBetween(0, 100_000)) ?? 0,
    listenAddresses: all('web.listen-address', parseListenAddress),
    telemetryPath: last('web.telemetry-path', parseTelemetryPath) ?? '',
    disableExporterMetrics: last('web.disable-exporter-metrics', parseSwitch) ?? false,
    enableLifecycle: last('web.enable-lifecycle', parseSwitch) ?? false,
  };
  const log: LogFlags = {
    level: last('log.level', parseChoice('debug', 'info', 'warn', 'error')) ?? 'info',
    format: last('log.format', parseChoice('json', 'logfmt')) ?? 'json',
  };
  const repeated = repeatedAddress(web.listenAddresses);
  if (repeated !== undefined) problems.push(`--web.listen-address ${quote(repeated)}: is given twice`);
  const shardIndex = last('shard.index', parseWholeNumberBetween(0, MOST_SHARDS - 1));
  const shardCount = last('shard.count', parseWholeNumberBetween(1, MOST_SHARDS));
  const online = last('online', parseSwitch) ?? false;
  const format = last('format', parseChoice('table', 'json')) ?? 'table';
  const output = last('output', parseText);
  const url = last('url', parseHealthUrl) ?? healthUrlFrom(web.listenAddresses);
  const client = { certificate: last('client.certificate', parseText), key: last('client.key', parseText) };
  if ((client.certificate === undefined) !== (client.key === undefined)) {
    problems.push('--client.certificate and --client.key belong together: give both or none');
  }
  if (problems.length > 0) return usage(problems, command);
  const shard = parseShard(shardIndex, shardCount, env['HOSTNAME']);
  if ('problem' in shard) return usage([shard.problem], command);
  const watched: WatchFlags = { ...given({ configFile, shard: shard.value }), targets, log };
  switch (command) {
    case 'serve':
      return { command, flags: { ...watched, autoReload, web } };
    case 'check':
      return { command, flags: { ...watched, online, format, ...given({ webConfigFile }) } };
    case 'once':
      return { command, flags: { ...watched, ...given({ output }) } };
    case 'health':
      if (typeof url !== 'string') return usage([`--web.listen-address: ${url.wrong}`], command);
      return { command, flags: { url, ...given({ client: bothOf(client) }) } };
    case 'demo':
      return { command, flags: { ...given({ speed, seed }), web, log } };
  }
}

function bothOf({
  certificate,
  key,
}: {
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
}) {
  return certificate === undefined || key === undefined ? undefined : { certificate, key };
}

/** Without what was not given. */
function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as typeof values;
}

function healthUrlFrom([first]: readonly ListenAddress[]): string | { readonly wrong: string } {
  const url = healthUrlAt(first ?? { port: 0 });
  return 'value' in url ? url.value : url;
}

function givenOf(
  { name, value, repeatable, defaults }: ReturnType<typeof flagsOf>[number],
  command: CommandName,
  options: Readonly<Record<string, unknown>>,
  env: Environment,
): Given {
  const onLine = options[new Option(`--${name}`).attributeName()];
  if (onLine !== undefined) return { as: `--${name}`, texts: [onLine].flat().map(String) };
  const variable = variableOf(name);
  const inEnvironment = (repeatable ? (env[variable] ?? '').split(',') : [env[variable] ?? ''])
    .map((text) => text.trim())
    .filter((text) => text !== '');
  if (inEnvironment.length > 0) return { as: variable, texts: inEnvironment };
  const otherwise = defaults?.[command] ?? (value === undefined ? 'false' : undefined);
  return { as: `--${name}`, texts: otherwise === undefined ? [] : [otherwise] };
}

function repeatedAddress(addresses: readonly ListenAddress[]): string | undefined {
  const texts = addresses.filter(({ port }) => port !== 0).map(({ host = '', port }) => `${host}:${port}`);
  return texts.find((text, index) => texts.indexOf(text) < index);
}

function usage(problems: readonly string[], command: CommandName = 'serve'): CommandLine {
  const asked = command === 'serve' ? '--help' : `${command} --help`;
  const text = [...problems, `mongodbatlas-backup-exporter ${asked} shows all flags`].join('\n');
  return { command: 'exit', code: 2, stdout: '', stderr: `${text}\n` };
}
