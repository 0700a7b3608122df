/** The texts of `--help`. */
import { Help } from 'commander';
import { COMMANDS, type CommandName, flagsOf, variableOf } from './flags.ts';

const WIDTH = 96;

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
  const help = new Help();
  const flags = flagsOf(command).map(({ name, value, isRepeatable, defaults, meaning }) => {
    const notes = [
      ...(isRepeatable ? ['repeatable'] : []),
      ...(defaults[command] === undefined ? [] : [`default ${defaults[command]}`]),
    ];
    const syntax = value === undefined ? `--${name}` : `--${name} ${value}`;
    const head = notes.length > 0 ? `${syntax}  (${notes.join(', ')})` : syntax;
    const lines = help.boxWrap(meaning, WIDTH - 6).split('\n');
    return [`  ${head}`, ...lines.map((line) => `      ${line}`), `      ${variableOf(name)}`].join('\n');
  });
  const version = command === 'serve' ? ['  --version\n      Print the version.'] : [];
  return [...flags, ...version, '  -h, --help\n      Print this help.'].join('\n');
}
