/**
 * Turns the command line and the environment into values, without side effects: help, the version and errors are
 * returned.
 */
import { parseArgs } from 'node:util';
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

type CommandLine = ReturnType<typeof readFlags> | Exit;
type FlagsFor<Name extends CommandName> = Extract<CommandLine, { readonly command: Name }>['flags'];
export type ServeFlags = FlagsFor<'serve'>;
export type CheckFlags = FlagsFor<'check'>;
export type OnceFlags = FlagsFor<'once'>;
export type HealthFlags = FlagsFor<'health'>;
export type DemoFlags = FlagsFor<'demo'>;
export type WebFlags = DemoFlags['web'];
/** The flags of every command that polls Atlas. */
export type WatchFlags = Pick<ServeFlags, 'configFiles' | 'targets' | 'shard' | 'log'>;

/** The texts of each flag on the command line. */
type Given = ReadonlyMap<string, readonly string[]>;

/** @param args without node and the script */
export function parseCommandLine(args: readonly string[], env: Environment, version: string): CommandLine {
  const isHelp = args[0] === 'help';
  const words = isHelp ? args.slice(1) : [...args];
  const named = COMMAND_NAMES.find((name) => name === words[0]);
  const command = named ?? 'serve';
  const options: Record<string, { readonly type: 'string' | 'boolean'; readonly short?: string }> = {
    help: { type: 'boolean', short: 'h' },
  };
  for (const { name, value } of flagsOf(command)) options[name] = { type: value === undefined ? 'boolean' : 'string' };
  const { tokens } = parseArgs({ args: named ? words.slice(1) : words, options, strict: false, tokens: true });
  const help: Exit = { command: 'exit', code: 0, stdout: helpText(command), stderr: '' };
  const texts = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') return usageError([describeWord(token.value, named)], named);
    const { name, rawName, value } = token;
    if (name === 'help') return help;
    if (name === 'version' && named === undefined)
      return { ...help, stdout: `mongodbatlas-backup-exporter ${version}\n` };
    const type = options[name]?.type;
    if (type === undefined) return usageError([describeUnknownFlag(rawName, command)], named);
    if (type === 'boolean' && value !== undefined) return usageError([`${rawName}: takes no value`], named);
    if (type === 'string' && value === undefined) return usageError([`${rawName}: needs a value`], named);
    texts.set(name, [...(texts.get(name) ?? []), value ?? 'true']);
  }
  return isHelp ? help : readFlags(command, texts, env);
}

function readFlags(command: CommandName, onLine: Given, env: Environment) {
  const problems: string[] = [];
  const values = new Map<FlagName, readonly unknown[]>();
  for (const flag of flagsOf(command)) {
    const { source, texts } = textsOf(flag, command, onLine, env);
    const good: unknown[] = [];
    for (const text of texts) {
      const result = flag.parse(text);
      // A text with an @ may be a URL with a password.
      const shown = text === '' || text.includes('@') ? '' : ` ${quote(text)}`;
      if ('value' in result) good.push(result.value);
      else problems.push(`${source}${shown}: ${result.problem}`);
    }
    values.set(flag.name, good);
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
function textsOf({ name, value, isRepeatable, defaults }: Flag, command: CommandName, onLine: Given, env: Environment) {
  const texts = onLine.get(name);
  if (texts !== undefined) return { source: `--${name}`, texts: isRepeatable ? texts : texts.slice(-1) };
  const variable = variableOf(name);
  const text = env[variable] ?? '';
  const inEnvironment = (isRepeatable ? text.split(',') : [text]).map((one) => one.trim()).filter(Boolean);
  if (inEnvironment.length > 0) return { source: variable, texts: inEnvironment };
  const fallback = defaults[command] ?? (value === undefined ? 'false' : undefined);
  return { source: `--${name}`, texts: fallback === undefined ? [] : [fallback] };
}

function usageError(problems: readonly string[], command: CommandName = 'serve'): Exit {
  const help = command === 'serve' ? '--help' : `${command} --help`;
  const stderr = `${[...problems, `mongodbatlas-backup-exporter ${help} shows all flags`].join('\n')}\n`;
  return { command: 'exit', code: 2, stdout: '', stderr };
}

/** Does not repeat the word, because users write secrets into arguments by mistake. */
function describeWord(word: string, command: CommandName | undefined): string {
  const commands = listed(COMMAND_NAMES, 'and');
  if (command !== undefined) return `only flags may follow a command; the commands are ${commands}`;
  const meant = nearest(word, COMMAND_NAMES);
  return `unknown command: the commands are ${commands}${meant === undefined ? '' : `; did you mean ${meant}?`}`;
}

function describeUnknownFlag(name: string, command: CommandName): string {
  const known = flagsOf(command).map((flag) => `--${flag.name}`);
  const owners = FLAGS.find((flag) => `--${flag.name}` === name)?.commands;
  if (owners !== undefined) return `${name}: is not a flag of ${command}, but of ${listed(owners, 'and')}`;
  const meant = nearest(name, known);
  const shown = /^--?[a-z.-]{1,40}$/.test(name) ? ` ${name}` : '';
  return `unknown flag${shown}${meant === undefined ? '' : `: did you mean ${meant}?`}`;
}
