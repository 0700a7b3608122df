/** The commands and flags: for the command line, environment variables, `--help` and docs. help.ts has their texts. */
import type { Checked } from '../support/checked.ts';
import * as values from './values.ts';

export const COMMANDS = {
  serve: 'Poll Atlas and serve the metrics. This is the default command.',
  check: 'Check the config; with --online, also poll each cluster once and show what needs attention.',
  once: 'Poll each cluster once and write the metrics, such as for node_exporter’s textfile collector.',
  health: 'Ask a running exporter whether it is healthy: for health checks of containers.',
  demo: 'Try the exporter without an account: a simulated Atlas with various backup problems.',
} as const;

export type CommandName = keyof typeof COMMANDS;

export const COMMAND_NAMES = Object.keys(COMMANDS) as readonly CommandName[];

type Defaults = Partial<Readonly<Record<CommandName, string>>>;

export interface Flag<Name extends string = string, T = unknown> {
  /** Without the dashes. */
  readonly name: Name;
  /** The name of the value in `--help`, such as FILE. A flag without a value is a switch, which is off by default. */
  readonly value?: string;
  readonly isRepeatable: boolean;
  readonly parse: (text: string) => Checked<T>;
  readonly commands: readonly CommandName[];
  /** The default, written as on the command line. */
  readonly defaults: Defaults;
}

const POLLING = ['serve', 'check', 'once'] as const;

export const FLAGS = [
  flag('config.file <FILE...>', values.parseText, POLLING),
  flag('config.auto-reload', values.parseSwitch, ['serve']),
  flag('target <GROUP_ID/CLUSTER...>', values.parseText, POLLING),
  flag('online', values.parseSwitch, ['check']),
  flag('all', values.parseSwitch, ['check']),
  flag('format <FORMAT>', values.parseChoice('table', 'json'), { check: 'table' }),
  flag('output <FILE>', values.parseText, ['once']),
  flag('url <URL>', values.parseHealthUrl, ['health']),
  flag('client.certificate <FILE>', values.parseText, ['health']),
  flag('client.key <FILE>', values.parseText, ['health']),
  flag('speed <N>', values.parseNumber(0.1, 10_000, 'a number'), { demo: '60' }),
  flag('seed <N>', values.parseNumber(0, 999_999_999, 'a whole number'), { demo: '1' }),
  flag('web.listen-address <HOST:PORT...>', values.parseListenAddress, {
    serve: ':19017',
    health: ':19017',
    demo: '127.0.0.1:19017',
  }),
  flag('web.telemetry-path <PATH>', values.parseTelemetryPath, { serve: '/metrics', demo: '/metrics' }),
  flag('web.enable-lifecycle', values.parseSwitch, ['serve']),
  flag('web.config.file <FILE>', values.parseText, ['serve', 'demo', 'check']),
  flag('web.max-requests <N>', values.parseNumber(0, 100_000, 'a whole number'), { serve: '40', demo: '40' }),
  flag('web.allowed-hosts <HOST...>', values.parseAllowedHost, ['serve', 'demo']),
  flag('web.disable-exporter-metrics', values.parseSwitch, ['serve', 'demo']),
  flag('shard.count <N>', values.parseNumber(1, values.MOST_SHARDS, 'a whole number'), POLLING),
  flag('shard.index <N>', values.parseNumber(0, values.MOST_SHARDS - 1, 'a whole number'), POLLING),
  flag('log.level <LEVEL>', values.parseChoice('debug', 'info', 'warn', 'error'), {
    serve: 'info',
    check: 'error',
    once: 'warn',
    demo: 'warn',
  }),
  flag('log.format <FORMAT>', values.parseChoice('json', 'logfmt'), {
    serve: 'json',
    check: 'logfmt',
    once: 'logfmt',
    demo: 'logfmt',
  }),
] as const;

type AnyFlag = (typeof FLAGS)[number];
export type FlagName = AnyFlag['name'];
/** The parsed value of a flag. */
export type ValueOf<Name extends FlagName> = Extract<AnyFlag, Flag<Name>> extends Flag<Name, infer T> ? T : never;

/** `log.level` is MONGODBATLAS_BACKUP_EXPORTER_LOG_LEVEL in the environment. */
export function variableOf(name: string): string {
  return `MONGODBATLAS_BACKUP_EXPORTER_${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`;
}

export function flagsOf(command: CommandName): readonly Flag<FlagName>[] {
  return FLAGS.filter(({ commands }) => commands.includes(command));
}

type NameIn<Syntax extends string> = Syntax extends `${infer Name} <${string}>` ? Name : Syntax;

/**
 * @param syntax the name and the value; `...` marks a repeatable flag
 * @param commands those that have the flag, or their defaults
 */
function flag<const Syntax extends string, T>(
  syntax: Syntax,
  parse: (text: string) => Checked<T>,
  commands: readonly CommandName[] | Defaults,
): Flag<NameIn<Syntax>, T> {
  const [name, value] = syntax.split(/ <(.*?)(?:\.\.\.)?>/);
  return {
    name: name as NameIn<Syntax>,
    ...(value !== undefined && { value }),
    isRepeatable: syntax.endsWith('...>'),
    parse,
    commands: Array.isArray(commands) ? commands : (Object.keys(commands) as CommandName[]),
    defaults: Array.isArray(commands) ? {} : (commands as Defaults),
  };
}
