/**
 * The command line and its twin in the environment, as values. It does nothing: help, the version and mistakes come back as
 * text and an exit code. It knows the form of a flag's value, not whether what it names exists.
 */
import { Command, CommanderError, Option } from 'commander';
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
} from './config/flag-values.ts';
import { COMMANDS, type CommandName, type FlagName, flagsOf, variableOf } from './config/flags.ts';
import { helpText } from './config/help.ts';
import { quote } from './config/problems.ts';
import { MOST_SHARDS, parseShard, type Shard } from './config/shard.ts';
import { wordingOf } from './config/usage-error.ts';

export type { ListenAddress } from './config/flag-values.ts';

export interface WebFlags {
  readonly listenAddresses: readonly ListenAddress[];
  readonly telemetryPath: string;
  readonly configFile?: string;
  /** 0: any number. */
  readonly maxRequests: number;
  readonly disableExporterMetrics: boolean;
}

export interface LogFlags {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly format: 'json' | 'logfmt';
}

export interface ServeFlags {
  readonly configFile?: string;
  /** GROUP_ID/CLUSTER, not looked at yet. */
  readonly targets: readonly string[];
  /** Left out: this process watches everything. */
  readonly shard?: Shard;
  readonly web: WebFlags;
  readonly log: LogFlags;
}

export interface DemoFlags {
  readonly speed?: number;
  readonly seed?: number;
  readonly web: WebFlags;
  readonly log: LogFlags;
}

export type CommandLine =
  | { readonly command: 'serve'; readonly flags: ServeFlags }
  | { readonly command: 'demo'; readonly flags: DemoFlags }
  | { readonly command: 'exit'; readonly code: 0 | 2; readonly stdout: string; readonly stderr: string };

const commandNames = Object.keys(COMMANDS) as readonly CommandName[];

type Environment = Readonly<Record<string, string | undefined>>;

/** `args` are without node and the script. */
export function parseCommandLine(args: readonly string[], env: Environment, version: string): CommandLine {
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
    return usage([wordingOf({ code, message, command, words: program.commands.flatMap((each) => each.args) })]);
  }
  if (chosen === undefined) return usage(['no command']);
  return readFlags(chosen.command, chosen.options, env);
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
  const given = new Map(flagsOf(command).map((flag) => [flag.name, givenOf(flag, command, options, env)] as const));

  function all<T>(name: FlagName, parse: (text: string) => Value<T>): readonly T[] {
    const { as = '', texts = [] } = given.get(name) ?? {};
    return texts.flatMap((text) => {
      const result = parse(text);
      if ('value' in result) return [result.value];
      problems.push(text === '' ? `${as}: ${result.wrong}` : `${as} ${quote(text)}: ${result.wrong}`);
      return [];
    });
  }
  const last = <T>(name: FlagName, parse: (text: string) => Value<T>): T | undefined => all(name, parse).at(-1);

  const [configFile, targets] = [last('config.file', parseText), all('target', parseText)];
  const [speed, seed] = [last('speed', parseNumberBetween(0.1, 10_000)), last('seed', parseWholeNumber)];
  const webConfigFile = last('web.config.file', parseText);
  const web: WebFlags = {
    ...(webConfigFile === undefined ? {} : { configFile: webConfigFile }),
    maxRequests: last('web.max-requests', parseWholeNumberBetween(0, 100_000)) ?? 0,
    listenAddresses: all('web.listen-address', parseListenAddress),
    telemetryPath: last('web.telemetry-path', parseTelemetryPath) ?? '',
    disableExporterMetrics: last('web.disable-exporter-metrics', parseSwitch) ?? false,
  };
  const log: LogFlags = {
    level: last('log.level', parseChoice('debug', 'info', 'warn', 'error')) ?? 'info',
    format: last('log.format', parseChoice('json', 'logfmt')) ?? 'json',
  };
  const repeated = repeatedAddress(web.listenAddresses);
  if (repeated !== undefined) problems.push(`--web.listen-address ${quote(repeated)}: is given twice`);
  const shardIndex = last('shard.index', parseWholeNumberBetween(0, MOST_SHARDS - 1));
  const shardCount = last('shard.count', parseWholeNumberBetween(1, MOST_SHARDS));
  if (problems.length > 0) return usage(problems);
  const shard = parseShard(shardIndex, shardCount, env['HOSTNAME']);
  if ('wrong' in shard) return usage([shard.wrong]);
  if (command === 'serve') {
    const given = {
      ...(configFile === undefined ? {} : { configFile }),
      ...(shard.value ? { shard: shard.value } : {}),
    };
    return { command, flags: { ...given, targets, web, log } };
  }
  return {
    command,
    flags: { ...(speed === undefined ? {} : { speed }), ...(seed === undefined ? {} : { seed }), web, log },
  };
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

function usage(problems: readonly string[]): CommandLine {
  const text = [...problems, 'mongodbatlas-backup-exporter --help shows all flags'].join('\n');
  return { command: 'exit', code: 2, stdout: '', stderr: `${text}\n` };
}
