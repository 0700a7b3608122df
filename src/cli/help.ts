/** `--help`, for someone who meets the program for the first time. */
import { COMMANDS, type CommandName, flagsOf, variableOf } from './flags.ts';

const WIDTH = 96;

const INTRODUCTION = `mongodbatlas-backup-exporter tells Prometheus how the backup snapshot exports of MongoDB Atlas clusters do:
which cluster has no recent export, why, and what to do about it. It asks Atlas from time to time,
only reads, and serves what it found at /metrics and, for people, at /.`;

/** More than the line in the list of commands. */
const ABOUT: Readonly<Record<Exclude<CommandName, 'serve'>, string>> = {
  check: `${COMMANDS.check}

Without --online nothing is asked of Atlas: the config is read as serve would read it, and every problem
is told with file:line:column. So are secrets that can’t be read, or that others on this host can read, and
what is wrong with the file of --web.config.file, its certificates and keys included.

Exit code: 0 if all is well, 1 if a cluster or a project can’t be polled, 2 if the config or the command
line is wrong.`,
  once: `${COMMANDS.once}

A cluster that can’t be polled is written with mongodbatlas_backup_export_up 0. FILE is replaced in one
step, readable by all; it stays as it was if nothing could be written or the polling was interrupted.

Exit code: 0 if all is well, 1 if a cluster or a project can’t be polled or the file can’t be written,
2 if the config or the command line is wrong.`,
  health: `${COMMANDS.health}

It asks /-/healthy, which never asks Atlas, waits five seconds at most and prints one line.

Exit code: 0 if it is healthy, 1 if it is not or does not answer, 2 if the command line is wrong.`,
  demo: `${COMMANDS.demo}

It listens on this host alone, prints the addresses to open, and ends with Ctrl-C.`,
};

const EXAMPLES: Readonly<Record<CommandName, string>> = {
  serve: `Examples:
  mongodbatlas-backup-exporter demo
      Try it without an account.
  mongodbatlas-backup-exporter --target 32b6e34b3d91647abb20e7b8/Cluster0
      Watch one cluster; credentials come from MONGODB_ATLAS_CLIENT_ID and MONGODB_ATLAS_CLIENT_SECRET.
  mongodbatlas-backup-exporter check --online --config.file /etc/mongodbatlas-backup-exporter.yml
      Does the config work? What fails, and what to do about it?
  mongodbatlas-backup-exporter --config.file /etc/mongodbatlas-backup-exporter.yml
      Watch what the config file lists.`,
  check: `Examples:
  mongodbatlas-backup-exporter check
      Is mongodbatlas-backup-exporter.yml in this folder right?
  mongodbatlas-backup-exporter check --online --config.file /etc/mongodbatlas-backup-exporter.yml
      Can each of its clusters be polled?
  mongodbatlas-backup-exporter check --online --format json | jq '.targets[] | select(.result == "failed")'
      The same for a script.`,
  once: `Examples:
  mongodbatlas-backup-exporter once --target 32b6e34b3d91647abb20e7b8/Cluster0
      See the metrics of one cluster.
  mongodbatlas-backup-exporter once --output /var/lib/node_exporter/textfile/mongodbatlas_backup.prom
      From cron or a systemd timer, for hosts where no daemon is wanted.`,
  health: `Examples:
  mongodbatlas-backup-exporter health
  mongodbatlas-backup-exporter health --url https://127.0.0.1:19017
      With TLS; the certificate may be self-signed, as it is asked on this host.`,
  demo: `Examples:
  mongodbatlas-backup-exporter demo
  mongodbatlas-backup-exporter demo --speed 100 --web.listen-address 127.0.0.1:0`,
};

const VARIABLES = `Each flag can be given as the environment variable below it; the command line wins. In a variable, commas
separate what is repeatable, a switch is true or false, and empty counts as unset. Secrets are never taken
from arguments.`;

export function helpText(command: CommandName): string {
  const flags = describeFlags(command);
  if (command !== 'serve') {
    const usage = `Usage:\n  mongodbatlas-backup-exporter ${command} [flags]`;
    return joined([ABOUT[command], usage, EXAMPLES[command], `Flags:\n${flags}`, VARIABLES]);
  }
  const usage =
    'Usage:\n  mongodbatlas-backup-exporter [serve] [flags]\n  mongodbatlas-backup-exporter COMMAND [flags]';
  const commands = `Commands (COMMAND --help tells more of each):\n${describeCommands()}`;
  return joined([INTRODUCTION, usage, commands, EXAMPLES.serve, `Flags of serve:\n${flags}`, VARIABLES]);
}

function joined(parts: readonly string[]): string {
  return `${parts.join('\n\n')}\n`;
}

function describeCommands(): string {
  return Object.entries(COMMANDS)
    .map(([name, meaning]) => `  ${name.padEnd(8)}${meaning}`)
    .join('\n');
}

function describeFlags(command: CommandName): string {
  const entries = flagsOf(command).map((flag) => {
    const notes = [
      ...(flag.repeatable ? ['repeatable'] : []),
      ...(flag.defaults?.[command] === undefined ? [] : [`default ${flag.defaults[command]}`]),
    ];
    const head = [`  --${flag.name}`, ...(flag.value === undefined ? [] : [flag.value])].join(' ');
    return [
      notes.length > 0 ? `${head}  (${notes.join(', ')})` : head,
      ...wrap(flag.meaning),
      `      ${variableOf(flag.name)}`,
    ];
  });
  const version = command === 'serve' ? [['  --version', '      Print the version.']] : [];
  return [...entries, ...version, ['  -h, --help', '      Print this.']].map((lines) => lines.join('\n')).join('\n');
}

function wrap(text: string): readonly string[] {
  const lines: string[] = [];
  let line = '     ';
  for (const word of text.split(' ')) {
    if (line.length + word.length >= WIDTH) {
      lines.push(line);
      line = '     ';
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}
