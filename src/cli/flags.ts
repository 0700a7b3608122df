/**
 * The flags, declared once: the command line, the environment variables, `--help` and docs/configuration.md are made from
 * this list. What a flag's text may be is in flag-values.ts.
 */
export type CommandName = 'serve' | 'check' | 'once' | 'health' | 'demo';

export interface Flag {
  /** Without the dashes. */
  readonly name: string;
  /** What stands for its value in the help; a flag without one is a switch. */
  readonly value?: string;
  readonly repeatable?: true;
  readonly commands: readonly CommandName[];
  /** As one would write it, per command. Left out: there is none, or it is said in the meaning. */
  readonly defaults?: Partial<Readonly<Record<CommandName, string>>>;
  readonly meaning: string;
}

export const COMMANDS: Readonly<Record<CommandName, string>> = {
  serve: 'Poll Atlas and serve the metrics (what runs without a command).',
  check: 'Tell what is wrong with the config; with --online, poll each cluster once and tell what fails.',
  once: 'Poll each cluster once and write the metrics, for node_exporter’s textfile collector or to look at.',
  health: 'Ask a running exporter whether it is healthy: for health checks of containers.',
  demo: 'Try it without an account: an Atlas of its own, inside, with backups that go well and ill.',
};

const THAT_POLL = ['serve', 'check', 'once'] as const;
const THAT_SERVE = ['serve', 'demo'] as const;

export const FLAGS = [
  {
    name: 'config.file',
    value: 'FILE',
    commands: THAT_POLL,
    meaning: 'The config file. Left out: mongodbatlas-backup-exporter.yml in the current directory, if there is one.',
  },
  {
    name: 'config.auto-reload',
    commands: ['serve'],
    meaning:
      'Reload when the config file changes; it is looked at every 5 s. SIGHUP reloads in any case. Not with --target.',
  },
  {
    name: 'target',
    value: 'GROUP_ID/CLUSTER',
    repeatable: true,
    commands: THAT_POLL,
    meaning: 'A cluster to watch, instead of a config file; credentials come from the MONGODB_ATLAS_… variables.',
  },
  {
    name: 'online',
    commands: ['check'],
    meaning: 'Poll each cluster once, as the exporter would, and tell what fails and what to do about it.',
  },
  {
    name: 'format',
    value: 'FORMAT',
    commands: ['check'],
    defaults: { check: 'table' },
    meaning: 'How the result looks: table, for people, or json, for scripts (docs/commands.md has its fields).',
  },
  {
    name: 'output',
    value: 'FILE',
    commands: ['once'],
    meaning:
      'Where the metrics go, whole or not at all: a .prom file of the textfile collector. Left out: to standard output.',
  },
  {
    name: 'url',
    value: 'URL',
    commands: ['health'],
    meaning:
      'Where the exporter is, such as https://127.0.0.1:19017. Left out: http and the first of --web.listen-address, on this host. Of a host that is loopback any certificate is accepted.',
  },
  {
    name: 'client.certificate',
    value: 'FILE',
    commands: ['health'],
    meaning: 'Where the exporter wants to see a certificate of its clients: one, in PEM. With --client.key.',
  },
  {
    name: 'client.key',
    value: 'FILE',
    commands: ['health'],
    meaning: 'The key of --client.certificate, in PEM.',
  },
  {
    name: 'speed',
    value: 'N',
    commands: ['demo'],
    defaults: { demo: '60' },
    meaning: 'How many times faster than the clock the story runs, 0.1 to 10000.',
  },
  {
    name: 'seed',
    value: 'N',
    commands: ['demo'],
    defaults: { demo: '1' },
    meaning: 'A whole number: the same one tells the same story.',
  },
  {
    name: 'web.listen-address',
    value: 'HOST:PORT',
    repeatable: true,
    commands: ['serve', 'health', 'demo'],
    defaults: { serve: ':19017', health: ':19017', demo: '127.0.0.1:19017' },
    meaning: 'Where to listen. Without a host: on all interfaces. IPv6 in brackets: [::1]:19017. Port 0: any free one.',
  },
  {
    name: 'web.telemetry-path',
    value: 'PATH',
    commands: THAT_SERVE,
    defaults: { serve: '/metrics', demo: '/metrics' },
    meaning: 'Under which path the metrics are.',
  },
  {
    name: 'web.enable-lifecycle',
    commands: ['serve'],
    meaning: 'Allow reloading with POST /-/reload; without it the answer is 403.',
  },
  {
    name: 'web.config.file',
    value: 'FILE',
    commands: ['serve', 'demo', 'check'],
    meaning: 'TLS, passwords and headers, in the format of Prometheus’ exporter-toolkit: docs/web-configuration.md.',
  },
  {
    name: 'web.max-requests',
    value: 'N',
    commands: ['serve', 'demo'],
    defaults: { serve: '40', demo: '40' },
    meaning: 'How many requests are answered at once, 0 for any number; one more gets a 503. Probes don’t count.',
  },
  {
    name: 'web.disable-exporter-metrics',
    commands: THAT_SERVE,
    meaning: 'Leave out the metrics of the process and of Node.js.',
  },
  {
    name: 'shard.count',
    value: 'N',
    commands: THAT_POLL,
    meaning:
      'How many exporters share the projects of one config, 1 to 1000. Alone it is enough in a StatefulSet, whose pods have numbers.',
  },
  {
    name: 'shard.index',
    value: 'N',
    commands: THAT_POLL,
    meaning: 'Which of them this one is, from 0. Left out: the number at the end of HOSTNAME, as exporter-0 has one.',
  },
  {
    name: 'log.level',
    value: 'LEVEL',
    commands: [...THAT_POLL, 'demo'],
    defaults: { serve: 'info', check: 'error', once: 'warn', demo: 'warn' },
    meaning: 'From which level on to log: debug, info, warn or error.',
  },
  {
    name: 'log.format',
    value: 'FORMAT',
    commands: [...THAT_POLL, 'demo'],
    defaults: { serve: 'json', check: 'logfmt', once: 'logfmt', demo: 'logfmt' },
    meaning: 'How log lines look: json or logfmt. They go to standard error.',
  },
] as const satisfies readonly Flag[];

export type FlagName = (typeof FLAGS)[number]['name'];

const VARIABLE_PREFIX = 'MONGODBATLAS_BACKUP_EXPORTER_';

/** `log.level` is MONGODBATLAS_BACKUP_EXPORTER_LOG_LEVEL in the environment. */
export function variableOf(name: string): string {
  return VARIABLE_PREFIX + name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_');
}

export function flagsOf(command: CommandName): readonly (Flag & { readonly name: FlagName })[] {
  return FLAGS.filter((flag) => (flag.commands as readonly CommandName[]).includes(command));
}
