/** The texts of `--help`. */
import { COMMANDS, type CommandName, type FlagName, flagsOf, variableOf } from './flags.ts';

/** Lines of at most 90 characters, broken at spaces. */
const LINES = /\S.{0,89}(?= |$)/g;

/** The long description of a command, for its own `--help`. */
const ABOUT: Readonly<Record<CommandName, string>> = {
  serve: `mongodbatlas-backup-exporter shows Prometheus which MongoDB Atlas clusters have no recent backup
snapshot export, why, and what to do about it. It polls Atlas, only reads, and serves metrics at /metrics
and pages for people at /.`,
  check: `${COMMANDS.check}

Without --online it sends no request to Atlas. It loads the config as serve does and lists every problem with
file:line:column, also secrets that cannot be read or that other users of this host can read, and problems
with the file of --web.config.file and its certificates and keys.

Exit code: 0 if all is well, 1 if polling a cluster or project fails, 2 if the config or the command line
is wrong.`,
  once: `${COMMANDS.once}

If polling a cluster fails, it is written with mongodbatlas_backup_export_up 0. FILE is replaced in one step
and readable by all users. It is unchanged if it could not be written or the polling was interrupted.

Exit code: 0 if all is well, 1 if polling a cluster or project fails or the file cannot be written, 2 if the
config or the command line is wrong.`,
  health: `${COMMANDS.health}

It requests /-/healthy, which causes no request to Atlas, waits five seconds at most and prints one line.

Exit code: 0 if it is healthy, 1 if it is not or does not answer, 2 if the command line is wrong.`,
  demo: `${COMMANDS.demo}

It listens on this host only, prints the addresses to open, and ends with Ctrl-C.`,
};

const EXAMPLES: Readonly<Record<CommandName, string>> = {
  serve: `Examples:
  mongodbatlas-backup-exporter demo
      Try it without an account.
  mongodbatlas-backup-exporter check --online --config.file /etc/mongodbatlas-backup-exporter.yml
      Check whether the config works: what fails, and what to do about it.
  mongodbatlas-backup-exporter --config.file /etc/mongodbatlas-backup-exporter.yml
      Watch the clusters of the config file.
  mongodbatlas-backup-exporter --target 32b6e34b3d91647abb20e7b8/Cluster0
      For a try, one cluster, with credentials in MONGODB_ATLAS_CLIENT_ID and MONGODB_ATLAS_CLIENT_SECRET.`,
  check: `Examples:
  mongodbatlas-backup-exporter check
      Check mongodbatlas-backup-exporter.yml in this folder.
  mongodbatlas-backup-exporter check --online --config.file /etc/mongodbatlas-backup-exporter.yml
      Check whether each of its clusters can be polled.
  mongodbatlas-backup-exporter check --online --format json | jq '.targets[] | select(.result == "failed")'
      The same for a script.`,
  once: `Examples:
  mongodbatlas-backup-exporter once --target 32b6e34b3d91647abb20e7b8/Cluster0
      Print the metrics of one cluster.
  mongodbatlas-backup-exporter once --output /var/lib/node_exporter/textfile/mongodbatlas_backup.prom
      From cron or a systemd timer, on hosts without a daemon.`,
  health: `Examples:
  mongodbatlas-backup-exporter health
  mongodbatlas-backup-exporter health --url https://127.0.0.1:19017
      With TLS. On this host the certificate may be self-signed.`,
  demo: `Examples:
  mongodbatlas-backup-exporter demo
  mongodbatlas-backup-exporter demo --speed 100 --web.listen-address 127.0.0.1:0`,
};

export const MEANINGS: Readonly<Record<FlagName, string>> = {
  'config.file':
    'The config file, or a folder whose files *.yml and *.yaml are read in the order of their names. Several files are joined. Default: mongodbatlas-backup-exporter.yml in the current directory, if it exists.',
  'config.auto-reload':
    'Reload when a config file or atlas.ca_file changes; they are checked every 5 s. SIGHUP always reloads. Not with --target.',
  target: 'A cluster to watch, instead of a config file. The credentials are in the MONGODB_ATLAS_… variables.',
  online: 'Poll each cluster once, and show what needs attention and what to do.',
  all: 'With --online: list the clusters that are fine, too, not only their number.',
  format: 'The format of the result: table, for people, or json, for scripts (docs/commands.md describes its fields).',
  output: 'Write the metrics to this file, a .prom file of the textfile collector. Default: standard output.',
  url: 'The address of the exporter, such as https://127.0.0.1:19017 or unix:/PATH. Default: http and the first --web.listen-address, on this host. Any certificate is accepted from a loopback address.',
  'client.certificate': 'A certificate in PEM, for an exporter that requires client certificates. With --client.key.',
  'client.key': 'The key of --client.certificate, in PEM.',
  speed: 'How many times faster than real time, 0.1 to 10000.',
  seed: 'A whole number, 0 to 999999999. The same seed gives the same demo.',
  'web.listen-address':
    'The address to listen on. Without a host: all interfaces. IPv6 in brackets: [::1]:19017. Port 0: any free port. unix:/PATH: a Unix socket, for a proxy on this host.',
  'web.telemetry-path': 'The path of the metrics.',
  'web.enable-lifecycle': 'Allow POST /-/reload, which reloads the config. Otherwise the answer is 403.',
  'web.config.file':
    'TLS, passwords and headers, in the format of Prometheus’ exporter-toolkit: docs/web-configuration.md.',
  'web.max-requests':
    'Maximum number of concurrent requests, 0 for no limit. Further requests get a 503, except health checks.',
  'web.allowed-hosts':
    'A name or address in the URLs of this exporter, without the port. Requests with another Host header get a 421, except health checks. Default: every name is allowed.',
  'web.disable-exporter-metrics': 'Leave out the metrics of the process and of Node.js.',
  'shard.count':
    'The number of exporters that share the projects of one config, 1 to 1000. In a StatefulSet this flag alone is enough.',
  'shard.index':
    'The number of this exporter among them, from 0. Default: the number at the end of HOSTNAME, such as exporter-0.',
  'log.level': 'The lowest level to log: debug, info, warn or error.',
  'log.format': 'The format of log lines: json or logfmt. They go to standard error.',
};

const VARIABLES = `Each flag has an environment variable, shown below it; the command line takes precedence. In a variable,
commas separate the values of a repeatable flag, a switch is true or false, and empty means not set.
No flag takes a secret.`;

export function helpText(command: CommandName): string {
  const isDefault = command === 'serve';
  const usage = isDefault ? '[serve] [flags]\n  mongodbatlas-backup-exporter COMMAND [flags]' : `${command} [flags]`;
  const commands = Object.entries(COMMANDS).map(([name, meaning]) => `  ${name.padEnd(8)}${meaning}`);
  const parts = [
    ABOUT[command],
    `Usage:\n  mongodbatlas-backup-exporter ${usage}`,
    ...(isDefault ? [`Commands (COMMAND --help shows more):\n${commands.join('\n')}`] : []),
    EXAMPLES[command],
    `Flags${isDefault ? ' of serve' : ''}:\n${describeFlags(command)}`,
    VARIABLES,
  ];
  return `${parts.join('\n\n')}\n`;
}

function describeFlags(command: CommandName): string {
  const flags = flagsOf(command).map(({ name, value, isRepeatable, defaults }) => {
    const fallback = defaults[command];
    const notes = [isRepeatable && 'repeatable', fallback && `default ${fallback}`].filter(Boolean);
    const syntax = value === undefined ? `--${name}` : `--${name} ${value}`;
    const head = notes.length > 0 ? `${syntax}  (${notes.join(', ')})` : syntax;
    const lines = MEANINGS[name].match(LINES) ?? [];
    return [`  ${head}`, ...lines.map((line) => `      ${line}`), `      ${variableOf(name)}`].join('\n');
  });
  const version = command === 'serve' ? ['  --version\n      Print the version.'] : [];
  return [...flags, ...version, '  -h, --help\n      Print this help.'].join('\n');
}
