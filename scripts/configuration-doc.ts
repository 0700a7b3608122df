/** docs/configuration.md and the JSON Schema, made from the flags and the schema, so that they can't say anything else. */

import { COMMANDS, type CommandName, FLAGS, type Flag, variableOf } from '../src/cli/flags.ts';
import { ATLAS_VARIABLES } from '../src/config/environment.ts';
import { configJsonSchema, type JsonSchema } from '../src/config/json-schema.ts';

export function schemaFile(): string {
  return `${JSON.stringify(configJsonSchema(), null, 2)}\n`;
}

export function configurationDoc(example: string): string {
  return `${[HEAD, flagsSection(), variablesSection(), fileSection(example), RULES].join('\n\n')}\n`;
}

const HEAD = `# Configuration

<!-- Made from the code by \`npm run docs\`; a test fails when it differs. -->

A cluster is watched with a \`--target\` and credentials in the environment, or with a config file that lists many.
Every mistake is told at the start, all at once, with \`file:line:column\`; the exit code is then 2.`;

function flagsSection(): string {
  const commands = Object.entries(COMMANDS).map(([name, meaning]) => `- \`${name}\`: ${meaning}`);
  const rows = (FLAGS as readonly Flag[]).map((flag) => {
    const name = flag.value === undefined ? `--${flag.name}` : `--${flag.name} ${flag.value}`;
    const repeatable = flag.repeatable ? ' Repeatable.' : '';
    const commands = flag.commands.map((command) => code(command)).join(', ');
    return [code(name), commands, code(variableOf(flag.name)), defaultsOf(flag), `${flag.meaning}${repeatable}`];
  });
  return `## Commands and flags

${commands.join('\n')}

[commands.md](commands.md) tells more of \`check\`, \`once\` and \`health\`.

${table(['Flag', 'Of', 'Environment variable', 'Default', 'Meaning'], rows)}

\`--version\` and \`--help\` do what they say. The command line wins over the environment. In the environment, switches are
\`true\`, \`false\`, \`1\` or \`0\`, what is repeatable is separated by commas, and an empty variable counts as unset.
Variables that begin alike and are not in this table are ignored, since Kubernetes sets some of its own.
\`--target\` and \`--config.file\` exclude each other. Secrets are never taken from arguments.`;
}

/** The default of most commands, then those that differ. */
function defaultsOf({ value, commands, defaults = {} }: Flag): string {
  if (value === undefined) return code('false');
  const [first = ''] = commands;
  const usual = defaults[first as CommandName];
  const others = commands
    .filter((command) => defaults[command] !== usual)
    .map((command) => `${command}: ${code(defaults[command])}`);
  return [code(usual), ...others].filter((text) => text !== '').join('; ');
}

function variablesSection(): string {
  const rows = [
    [code(ATLAS_VARIABLES.accessToken), 'An access token.'],
    [`${code(ATLAS_VARIABLES.clientId)}, ${code(ATLAS_VARIABLES.clientSecret)}`, 'A service account.'],
    [`${code(ATLAS_VARIABLES.publicKey)}, ${code(ATLAS_VARIABLES.privateKey)}`, 'A programmatic API key.'],
    [code(ATLAS_VARIABLES.baseUrl), 'Where Atlas is, in place of `atlas.base_url`.'],
    [
      '`HTTPS_PROXY`, `NO_PROXY`',
      'The proxy on the way to Atlas, such as `http://proxy.example:3128`, and for which hosts there is none.',
    ],
  ];
  return `## Variables of the Atlas tools

${table(['Variable', 'Meaning'], rows)}

They make the credential \`default\`, where the config file has no \`credentials\` or there is no file. Of several the token
wins over the service account, and that over the key; a warning names those that are not used. Half a pair is a mistake.
What the config file says wins over them.`;
}

function fileSection(example: string): string {
  const schema = configJsonSchema();
  const parts = Object.entries(schema.properties ?? {}).map(([name, part]) => {
    const required = schema.required?.includes(name) ? ' Required.' : '';
    const rows = rowsOf(part.items ?? part, '');
    return `### \`${name}\`\n\n${part.description ?? ''}${required}${part.items ? ' A list of:' : ''}\n\n${table(['Key', 'Type', 'Default', 'Meaning'], rows)}`;
  });
  return `## Config file

YAML 1.2, in UTF-8, at most 5 MB. Unknown keys are mistakes. An editor that knows JSON Schema checks while you write, with
\`deploy/config/mongodbatlas-backup-exporter.schema.json\`. An example:

\`\`\`yaml
${example.trim()}
\`\`\`

${parts.join('\n\n')}`;
}

export function rowsOf(schema: JsonSchema, prefix: string): readonly (readonly string[])[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, part]) => {
    const isRequired = schema.required?.includes(key) ?? false;
    const fallback = part.default === undefined ? '' : code(JSON.stringify(part.default).replaceAll('"', ''));
    const row = [code(prefix + key), typeOf(part), isRequired ? 'required' : fallback, part.description ?? ''];
    return [row, ...rowsOf(part, `${prefix}${key}.`)];
  });
}

function typeOf({ type, pattern, minimum, maximum, items, anyOf, const: only }: JsonSchema): string {
  if (anyOf !== undefined) return anyOf.map(typeOf).join(' or ');
  if (only !== undefined) return `\`${only}\``;
  if (items !== undefined) return 'list of texts';
  if (type === 'integer') return `whole number, ${minimum} to ${maximum}`;
  if (type === 'object') return 'keys';
  if (type === 'boolean') return '`true` or `false`';
  return pattern?.includes(')ms)') ? 'duration' : 'text';
}

const RULES = `## Rules

**Secrets.** Every id, key and secret is given in exactly one of three forms: \`x_file\` names a file, \`x_env\` an
environment variable, \`x\` is the value itself. A relative file is looked for beside the config file. Files are read again
whenever the secret is needed, so that a rotated one needs no restart; one newline at the end is cut. An unreadable or empty
secret is a mistake at the start. No secret is ever part of a message, a log line, a page or a metric.

**Durations** are written as in Prometheus: \`90s\`, \`1h30m\`, \`8d\`, with the units \`y\`, \`w\`, \`d\`, \`h\`, \`m\`, \`s\` and \`ms\`
from the largest to the smallest, each at most once. The unit is required.

**Intervals.** \`interval\` ≤ \`idle_interval\` ≤ \`max_stale\`.

**Ids that look like numbers** need quotes: YAML reads \`123456789012345678901234\` and \`1e5\` as numbers.

**Targets.** A cluster of a project may be listed once, all clusters of a project once; a cluster that is listed beside them
keeps its own settings. Where there are several credentials, each target names one.

**Reload.** SIGHUP reads the file again; so does \`POST /-/reload\` with \`--web.enable-lifecycle\`, and a change of the file with
\`--config.auto-reload\`, which looks at its content every 5 s and waits until that rests. A bad file changes nothing: it is told in
the log and in the answer (400, with every problem), and \`config_last_reload_successful\` is 0 until a good one is read. A good
one is in force at one moment, for every scrape. Clusters that stay keep what is known of them, their counters and their beats;
credentials that are the same keep their tokens; what projects have spent of their budget stays spent. New clusters, and those
whose credential or \`base_url\` is another one, are polled at once; removed ones vanish at once. What comes from the environment
and flags (addresses, shards, the log) needs a restart. With \`--target\` there is no file: a reload finds what is there already.
SIGHUP is heeded from the program’s first line on; in the tenths of a second before, in which Node.js itself starts, it ends it.

**YAML.** One document; no key twice; no tags; at most a hundred aliases; no merge keys.`;

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function code(text: string | undefined): string {
  return text === undefined ? '' : `\`${text}\``;
}
