/**
 * Turns the command line and the environment into values, without side effects: help, the version and errors are
 * returned.
 */
import { Command, CommanderError, Option } from 'commander';
import type { Environment } from '../config/secrets.ts';
import { given } from '../support/checked.ts';
import { listed, nearest, quote } from '../support/words.ts';
import {
  COMMAND_NAMES,
  type CommandName,
  FLAGS,
  type Flag,
  type FlagName,
  flagsOf,
  type ValueOf,
  variableOf,
} from './flags.ts';
import { helpText } from './help.ts';
import { healthUrlAt, parseShard } from './values.ts';

/** Help, the version or an error: a text to print. */
interface Exit {
  readonly command: 'exit';
  readonly code: 0 | 2;
  readonly stdout: string;
  readonly stderr: string;
}

export type CommandLine = ReturnType<typeof readFlags> | Exit;
type FlagsFor<Name extends CommandName> = Extract<CommandLine, { readonly command: Name }>['flags'];
export type ServeFlags = FlagsFor<'serve'>;
export type CheckFlags = FlagsFor<'check'>;
export type OnceFlags = FlagsFor<'once'>;
export type HealthFlags = FlagsFor<'health'>;
export type DemoFlags = FlagsFor<'demo'>;
export type LogFlags = DemoFlags['log'];
export type WebFlags = DemoFlags['web'];
/** The flags of every command that polls Atlas. */
export type WatchFlags = Pick<ServeFlags, 'configFiles' | 'targets' | 'shard' | 'log'>;

type Options = Readonly<Record<string, unknown>>;

/** @param args without node and the script */
export function parseCommandLine(args: readonly string[], env: Environment, version: string): CommandLine {
  const output: string[] = [];
  let chosen: { readonly command: CommandName; readonly options: Options } | undefined;
  const program = new Command('mongodbatlas-backup-exporter')
    .version(`mongodbatlas-backup-exporter ${version}`, '--version')
    .configureHelp({ formatHelp: () => helpText('serve') })
    .configureOutput({ writeOut: (text) => void output.push(text), writeErr: () => undefined })
    .exitOverride();
  for (const name of COMMAND_NAMES) {
    // Subcommands inherit exitOverride and configureOutput.
    const command = program
      .command(name, { isDefault: name === 'serve' })
      .configureHelp({ formatHelp: () => helpText(name) })
      .action((options: Options) => {
        chosen = { command: name, options };
      });
    for (const flag of flagsOf(name)) command.addOption(optionOf(flag));
  }
  try {
    program.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { command: 'exit', code: 0, stdout: output.join(''), stderr: '' };
    const command = COMMAND_NAMES.find((name) => name === program.args[0]);
    const [word] = program.commands.flatMap((each) => each.args);
    return usageError([describeError(error, command, word)], command);
  }
  return chosen === undefined ? usageError(['no command']) : readFlags(chosen.command, chosen.options, env);
}

function optionOf({ name, value, isRepeatable }: Flag): Option {
  const option = new Option(value === undefined ? `--${name}` : `--${name} <${value}>`);
  // Collects a repeated flag. Commander's own variadic options take several words after one flag.
  return isRepeatable ? option.argParser((text, earlier?: readonly string[]) => [...(earlier ?? []), text]) : option;
}

function readFlags(command: CommandName, options: Options, env: Environment) {
  const problems: string[] = [];
  const values = new Map<FlagName, readonly unknown[]>();
  for (const flag of flagsOf(command)) {
    const { source, texts } = textsOf(flag, command, options, env);
    const checked = texts.map((text) => ({ text, result: flag.parse(text) }));
    const good = checked.flatMap(({ result }) => ('value' in result ? [result.value] : []));
    values.set(flag.name, good);
    for (const { text, result } of checked) {
      // A text with an @ may be a URL with a password.
      const shown = text === '' || text.includes('@') ? '' : ` ${quote(text)}`;
      if ('problem' in result) problems.push(`${source}${shown}: ${result.problem}`);
    }
  }
  const all = <Name extends FlagName>(name: Name) => (values.get(name) ?? []) as readonly ValueOf<Name>[];
  const optional = <Name extends FlagName>(name: Name) => all(name).at(-1);
  /** The value of a flag that has a default in every command with this flag. */
  const withDefault = <Name extends FlagName>(name: Name) => optional(name) as ValueOf<Name>;

  const listenAddresses = all('web.listen-address');
  const [certificate, key] = [optional('client.certificate'), optional('client.key')];
  if ((certificate === undefined) !== (key === undefined)) {
    problems.push('--client.certificate needs --client.key, and the other way round: give both or none');
  }
  if (problems.length > 0) return usageError(problems, command);
  const shard = parseShard(optional('shard.index'), optional('shard.count'), env['HOSTNAME']);
  if ('problem' in shard) return usageError([shard.problem], command);
  const log = { level: withDefault('log.level'), format: withDefault('log.format') };
  const watch = {
    ...given({ shard: shard.value }),
    /** Files and folders. */
    configFiles: all('config.file'),
    /** GROUP_ID/CLUSTER, not checked yet. */
    targets: all('target'),
    log,
  };
  const webConfigFile = optional('web.config.file');
  const web = {
    ...given({ configFile: webConfigFile }),
    listenAddresses,
    telemetryPath: withDefault('web.telemetry-path'),
    /** 0: no limit. */
    maxRequests: withDefault('web.max-requests'),
    allowedHosts: all('web.allowed-hosts'),
    disableExporterMetrics: withDefault('web.disable-exporter-metrics'),
    enableLifecycle: optional('web.enable-lifecycle') ?? false,
  };
  switch (command) {
    case 'serve':
      return { command, flags: { ...watch, autoReload: withDefault('config.auto-reload'), web } };
    case 'check': {
      const choices = { online: withDefault('online'), all: withDefault('all'), format: withDefault('format') };
      return { command, flags: { ...watch, ...choices, ...given({ webConfigFile }) } };
    }
    case 'once':
      return { command, flags: { ...watch, ...given({ output: optional('output') }) } };
    case 'health': {
      const url = optional('url');
      const checked = url === undefined ? healthUrlAt(listenAddresses[0] ?? { port: 0 }) : { value: url };
      if ('problem' in checked) return usageError([`--web.listen-address: ${checked.problem}`], command);
      const client = certificate === undefined || key === undefined ? undefined : { certificate, key };
      return { command, flags: { url: checked.value, ...given({ client }) } };
    }
    case 'demo':
      return { command, flags: { speed: withDefault('speed'), seed: withDefault('seed'), web, log } };
  }
}

/** The texts of a flag and their source: the command line, else the environment, else the default. */
function textsOf(flag: Flag, command: CommandName, options: Options, env: Environment) {
  const source = `--${flag.name}`;
  const onLine = options[optionOf(flag).attributeName()];
  if (onLine !== undefined) return { source, texts: [onLine].flat().map(String) };
  const variable = variableOf(flag.name);
  const text = env[variable] ?? '';
  const inEnvironment = (flag.isRepeatable ? text.split(',') : [text]).map((one) => one.trim()).filter(Boolean);
  if (inEnvironment.length > 0) return { source: variable, texts: inEnvironment };
  const fallback = flag.defaults[command] ?? (flag.value === undefined ? 'false' : undefined);
  return { source, texts: fallback === undefined ? [] : [fallback] };
}

function usageError(problems: readonly string[], command: CommandName = 'serve'): Exit {
  const help = command === 'serve' ? '--help' : `${command} --help`;
  const stderr = `${[...problems, `mongodbatlas-backup-exporter ${help} shows all flags`].join('\n')}\n`;
  return { command: 'exit', code: 2, stdout: '', stderr };
}

/** Not commander's messages: they repeat the input, and users write secrets into arguments by mistake. */
function describeError({ code, message }: CommanderError, command: CommandName | undefined, word = ''): string {
  const [, flag = ''] = /'(-[^' ]*)/.exec(message) ?? [];
  if (code === 'commander.optionMissingArgument') return `${flag}: needs a value`;
  if (code === 'commander.unknownOption') return describeUnknownFlag(flag.replace(/=.*$/s, ''), command ?? 'serve');
  const commands = listed(COMMAND_NAMES, 'and');
  if (command !== undefined) return `only flags may follow a command; the commands are ${commands}`;
  const meant = nearest(word, COMMAND_NAMES);
  return `unknown command: the commands are ${commands}${meant === undefined ? '' : `; did you mean ${meant}?`}`;
}

function describeUnknownFlag(name: string, command: CommandName): string {
  const known = flagsOf(command).map((flag) => `--${flag.name}`);
  if (known.includes(name)) return `${name}: takes no value`;
  const owners = FLAGS.find((flag) => `--${flag.name}` === name)?.commands;
  if (owners !== undefined) return `${name}: is not a flag of ${command}, but of ${listed(owners, 'and')}`;
  const meant = nearest(name, known);
  const shown = /^--?[a-z.-]{1,40}$/.test(name) ? ` ${name}` : '';
  return `unknown flag${shown}${meant === undefined ? '' : `: did you mean ${meant}?`}`;
}
