/** The commands and flags, declared once: for the command line, environment variables, `--help` and docs. */
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
  readonly meaning: string;
}

const POLLING = ['serve', 'check', 'once'] as const;

export const FLAGS = [
  flag(
    'config.file <FILE...>',
    values.parseText,
    POLLING,
    'The config file, or a folder whose files *.yml and *.yaml are read in the order of their names. Several files are joined. Default: mongodbatlas-backup-exporter.yml in the current directory, if it exists.',
  ),
  flag(
    'config.auto-reload',
    values.parseSwitch,
    ['serve'],
    'Reload when a config file or atlas.ca_file changes; they are checked every 5 s. SIGHUP always reloads. Not with --target.',
  ),
  flag(
    'target <GROUP_ID/CLUSTER...>',
    values.parseText,
    POLLING,
    'A cluster to watch, instead of a config file. The credentials are in the MONGODB_ATLAS_… variables.',
  ),
  flag(
    'online',
    values.parseSwitch,
    ['check'],
    'Poll each cluster once, and show what needs attention and what to do.',
  ),
  flag(
    'all',
    values.parseSwitch,
    ['check'],
    'With --online: list the clusters that are fine, too, not only their number.',
  ),
  flag(
    'format <FORMAT>',
    values.parseChoice('table', 'json'),
    { check: 'table' },
    'The format of the result: table, for people, or json, for scripts (docs/commands.md describes its fields).',
  ),
  flag(
    'output <FILE>',
    values.parseText,
    ['once'],
    'Write the metrics to this file, a .prom file of the textfile collector. Default: standard output.',
  ),
  flag(
    'url <URL>',
    values.parseHealthUrl,
    ['health'],
    'The address of the exporter, such as https://127.0.0.1:19017 or unix:/PATH. Default: http and the first --web.listen-address, on this host. Any certificate is accepted from a loopback address.',
  ),
  flag(
    'client.certificate <FILE>',
    values.parseText,
    ['health'],
    'A certificate in PEM, for an exporter that requires client certificates. With --client.key.',
  ),
  flag('client.key <FILE>', values.parseText, ['health'], 'The key of --client.certificate, in PEM.'),
  flag(
    'speed <N>',
    values.parseNumber(0.1, 10_000, 'a number'),
    { demo: '60' },
    'How many times faster than real time, 0.1 to 10000.',
  ),
  flag(
    'seed <N>',
    values.parseNumber(0, 999_999_999, 'a whole number'),
    { demo: '1' },
    'A whole number, 0 to 999999999. The same seed gives the same demo.',
  ),
  flag(
    'web.listen-address <HOST:PORT...>',
    values.parseListenAddress,
    { serve: ':19017', health: ':19017', demo: '127.0.0.1:19017' },
    'The address to listen on. Without a host: all interfaces. IPv6 in brackets: [::1]:19017. Port 0: any free port. unix:/PATH: a Unix socket, for a proxy on this host.',
  ),
  flag(
    'web.telemetry-path <PATH>',
    values.parseTelemetryPath,
    { serve: '/metrics', demo: '/metrics' },
    'The path of the metrics.',
  ),
  flag(
    'web.enable-lifecycle',
    values.parseSwitch,
    ['serve'],
    'Allow POST /-/reload, which reloads the config. Otherwise the answer is 403.',
  ),
  flag(
    'web.config.file <FILE>',
    values.parseText,
    ['serve', 'demo', 'check'],
    'TLS, passwords and headers, in the format of Prometheus’ exporter-toolkit: docs/web-configuration.md.',
  ),
  flag(
    'web.max-requests <N>',
    values.parseNumber(0, 100_000, 'a whole number'),
    { serve: '40', demo: '40' },
    'Maximum number of concurrent requests, 0 for no limit. Further requests get a 503, except health checks.',
  ),
  flag(
    'web.allowed-hosts <HOST...>',
    values.parseAllowedHost,
    ['serve', 'demo'],
    'A name or address in the URLs of this exporter, without the port. Requests with another Host header get a 421, except health checks. Default: every name is allowed.',
  ),
  flag(
    'web.disable-exporter-metrics',
    values.parseSwitch,
    ['serve', 'demo'],
    'Leave out the metrics of the process and of Node.js.',
  ),
  flag(
    'shard.count <N>',
    values.parseNumber(1, values.MOST_SHARDS, 'a whole number'),
    POLLING,
    'The number of exporters that share the projects of one config, 1 to 1000. In a StatefulSet this flag alone is enough.',
  ),
  flag(
    'shard.index <N>',
    values.parseNumber(0, values.MOST_SHARDS - 1, 'a whole number'),
    POLLING,
    'The number of this exporter among them, from 0. Default: the number at the end of HOSTNAME, such as exporter-0.',
  ),
  flag(
    'log.level <LEVEL>',
    values.parseChoice('debug', 'info', 'warn', 'error'),
    { serve: 'info', check: 'error', once: 'warn', demo: 'warn' },
    'The lowest level to log: debug, info, warn or error.',
  ),
  flag(
    'log.format <FORMAT>',
    values.parseChoice('json', 'logfmt'),
    { serve: 'json', check: 'logfmt', once: 'logfmt', demo: 'logfmt' },
    'The format of log lines: json or logfmt. They go to standard error.',
  ),
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
 * @param syntax as in commander, without the dashes; `...` marks a repeatable flag
 * @param commands those that have the flag, or their defaults
 */
function flag<const Syntax extends string, T>(
  syntax: Syntax,
  parse: (text: string) => Checked<T>,
  commands: readonly CommandName[] | Defaults,
  meaning: string,
): Flag<NameIn<Syntax>, T> {
  const [name, value] = syntax.split(/ <(.*?)(?:\.\.\.)?>/);
  return {
    name: name as NameIn<Syntax>,
    ...(value !== undefined && { value }),
    isRepeatable: syntax.endsWith('...>'),
    parse,
    commands: Array.isArray(commands) ? commands : (Object.keys(commands) as CommandName[]),
    defaults: Array.isArray(commands) ? {} : (commands as Defaults),
    meaning,
  };
}
