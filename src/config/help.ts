/** `--help`, for someone who meets the program for the first time. */
import { COMMANDS, type CommandName, flagsOf, variableOf } from './flags.ts';

const WIDTH = 96;

const INTRODUCTION = `mongodbatlas-backup-exporter tells Prometheus how the backup snapshot exports of MongoDB Atlas clusters do:
which cluster has no recent export, why, and what to do about it. It asks Atlas from time to time,
only reads, and serves what it found at /metrics and, for people, at /.`;

const EXAMPLES: Readonly<Record<CommandName, string>> = {
  serve: `Examples:
  mongodbatlas-backup-exporter demo
      Try it without an account.
  mongodbatlas-backup-exporter --target 32b6e34b3d91647abb20e7b8/Cluster0
      Watch one cluster; credentials come from MONGODB_ATLAS_CLIENT_ID and MONGODB_ATLAS_CLIENT_SECRET.
  mongodbatlas-backup-exporter --config.file /etc/mongodbatlas-backup-exporter.yml
      Watch what the config file lists.`,
  demo: `Examples:
  mongodbatlas-backup-exporter demo
  mongodbatlas-backup-exporter demo --speed 100 --web.listen-address 127.0.0.1:0`,
};

const VARIABLES = `Each flag can be given as the environment variable below it; the command line wins. There, what is repeatable
is separated by commas, and an empty variable counts as unset. Secrets are never taken from arguments.`;

export function helpText(command: CommandName): string {
  const usage =
    command === 'serve'
      ? 'Usage:\n  mongodbatlas-backup-exporter [serve] [flags]\n  mongodbatlas-backup-exporter demo [flags]'
      : `Usage:\n  mongodbatlas-backup-exporter ${command} [flags]`;
  const about =
    command === 'serve' ? [INTRODUCTION, usage, `Commands:\n${describeCommands()}`] : [COMMANDS[command], usage];
  const flags = `Flags${command === 'serve' ? ' of serve (demo --help shows those of demo)' : ''}:\n${describeFlags(command)}`;
  return `${[...about, EXAMPLES[command], flags, VARIABLES].join('\n\n')}\n`;
}

function describeCommands(): string {
  return Object.entries(COMMANDS)
    .map(([name, meaning]) => `  ${name.padEnd(7)}${meaning}`)
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
  return [...entries, ['  --version', '      Print the version.'], ['  -h, --help', '      Print this.']]
    .map((lines) => lines.join('\n'))
    .join('\n');
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
