/** docs/configuration.md and the JSON Schema, made from the flags and the schema of the config. */

import { COMMANDS, type CommandName, FLAGS, type Flag, type FlagName, variableOf } from '../src/cli/flags.ts';
import { MEANINGS } from '../src/cli/help.ts';
import { ATLAS_VARIABLES, SERVICE_VARIABLES } from '../src/config/credentials.ts';
import { configSchema } from '../src/config/schema.ts';
import { type JsonSchema, toJsonSchema } from './json-schema.ts';

export function schemaFile(): string {
  return `${JSON.stringify(toJsonSchema(configSchema), null, 2)}\n`;
}

export function configurationDoc(example: string): string {
  return `${[HEAD, flagsSection(), variablesSection(), fileSection(example), RULES].join('\n\n')}\n`;
}

const HEAD = `# Configuration

<!-- Made from the code by \`npm run docs\`; a test fails when it differs. -->

List the clusters in a config file, and keep each secret in a separate file. To try the exporter without a config file, name a cluster
with \`--target\`. Then the credentials are in environment variables, which child processes and crash reports can read. An invalid
config exits with code 2 and lists every error with \`file:line:column\`.`;

function flagsSection(): string {
  const commands = Object.entries(COMMANDS).map(([name, meaning]) => `- \`${name}\`: ${meaning}`);
  const rows = (FLAGS as readonly Flag<FlagName>[]).map((flag) => {
    const name = flag.value === undefined ? `--${flag.name}` : `--${flag.name} ${flag.value}`;
    const repeatable = flag.isRepeatable ? ' Repeatable.' : '';
    const commands = flag.commands.map((command) => code(command)).join(', ');
    return [code(name), commands, code(variableOf(flag.name)), defaultsOf(flag), `${MEANINGS[flag.name]}${repeatable}`];
  });
  return `## Commands and flags

${commands.join('\n')}

[commands.md](commands.md) describes \`check\`, \`once\` and \`health\`.

${table(['Flag', 'Commands', 'Environment variable', 'Default', 'Meaning'], rows)}

There are also \`--version\` and \`--help\`. A flag on the command line takes precedence over its environment variable. In the
environment, switches are \`true\`, \`false\`, \`1\` or \`0\`, repeatable flags are separated by commas, and an empty variable counts
as unset. Other variables with the same prefix are ignored, because Kubernetes sets some. \`--target\` and \`--config.file\` exclude
each other. No flag takes a secret.`;
}

function namesOf(slot: keyof typeof ATLAS_VARIABLES): string {
  return ATLAS_VARIABLES[slot].map(code).join(', ');
}

/** The default of most commands, then those that differ. */
function defaultsOf({ value, commands, defaults }: Flag): string {
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
    ['An access token', namesOf('access_token')],
    ['A service account’s id', namesOf('client_id')],
    ['Its secret', namesOf('client_secret')],
    ['A programmatic API key’s public key', namesOf('public_key')],
    ['Its private key', namesOf('private_key')],
    ['The address of Atlas, if the config file has no `atlas.base_url`', namesOf('base_url')],
    ['`cloudgov` for Atlas for Government, if no address is set', SERVICE_VARIABLES.map(code).join(', ')],
    [
      'The proxy for requests to Atlas, such as `http://proxy.example:3128`, and the hosts that need no proxy: [networks.md](networks.md) describes them',
      '`HTTPS_PROXY`, `NO_PROXY`',
    ],
  ];
  return `## Variables of the Atlas tools

${table(['Meaning', 'Variables'], rows)}

They define the credential \`default\` if the config file has no \`credentials\` or if there is no file. If several are set, the access
token takes precedence over the service account, and the service account over the API key. Of several variables with one meaning
the first one that is set is used. A pair with only one half set is an error. The config file takes precedence over these
variables. A warning names each variable with a credential that is set and not used.`;
}

function fileSection(example: string): string {
  const schema = toJsonSchema(configSchema);
  const parts = Object.entries(schema.properties ?? {}).map(([name, part]) => {
    const required = schema.required?.includes(name) ? ' Required.' : '';
    const rows = rowsOf(part.items ?? part, '');
    return `### \`${name}\`\n\n${part.description ?? ''}${required}${part.items ? ' A list of:' : ''}\n\n${table(['Key', 'Type', 'Default', 'Meaning'], rows)}`;
  });
  return `## Config file

The file is YAML 1.2 in UTF-8, at most 5 MB. Unknown keys are errors. An editor with support for JSON Schema can check the file
while you write, with \`deploy/config/mongodbatlas-backup-exporter.schema.json\`. An example:

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
    return [row, ...rowsOf(part, `${prefix}${key}.`), ...rowsOf(part.items ?? {}, `${prefix}${key}[].`)];
  });
}

function typeOf({ type, pattern, minimum, maximum, items, anyOf, const: only }: JsonSchema): string {
  if (anyOf !== undefined) return anyOf.map(typeOf).join(' or ');
  if (only !== undefined) return `\`${only}\``;
  if (items !== undefined) return items.type === 'object' ? 'list of keys' : 'list of texts';
  if (type === 'integer') return `whole number, ${minimum} to ${maximum}`;
  if (type === 'object') return 'keys';
  if (type === 'boolean') return '`true` or `false`';
  return pattern?.includes(')ms)') ? 'duration' : 'text';
}

const RULES = `## Rules

**Several files.** \`--config.file\` may be given several times, and may name a folder: its files \`*.yml\` and \`*.yaml\` are read
in the order of their names. Hidden files are not read. Lists are joined. A key that two files set is an error with both places, and so
is a cluster that is named twice. A relative path starts at the folder of its own file.

**Secrets.** Every id, key and secret has exactly one of three forms: \`x_file\` names a file, \`x_env\` names an environment
variable, \`x\` is the value itself. Relative paths start at the folder of the config file. A file is read again whenever the secret is
needed, so a rotated secret needs no restart. One newline at the end is removed. An unreadable or empty secret is an error at
the start. Secrets never appear in a message, a log line, a page or a metric.

**Durations** have the format of Prometheus, such as \`90s\`, \`1h30m\` and \`8d\`. The units are \`y\`, \`w\`, \`d\`, \`h\`, \`m\`, \`s\`
and \`ms\`, each at most once, from the largest to the smallest. A number without a unit is an error.

**Intervals.** \`interval\` ≤ \`idle_interval\` ≤ \`max_stale\`.

**Ids and names that look like numbers** are taken as they are written: \`523456789012345678901234\`, \`2026\`, \`true\`. In Helm’s
values they need quotes: Helm changes the number before the exporter sees it.

**Address of Atlas.** Credentials are sent to \`base_url\`. If its host is neither MongoDB’s nor this host, the exporter warns.

**Targets.** Each cluster of a project may be named once. A cluster that is also named keeps its own settings. Two targets with
\`clusters: all\` for one project must differ in \`include\`; a cluster that both select belongs to the first. If there are several
credentials, each target names one of them, or \`defaults\` does.

**All projects.** \`projects: all\` watches every project that the credential can see. A project that is added is watched within
\`discovery_interval\`, and one that is removed is no longer watched. If the list is empty or cannot be read, the last known projects
stay watched. Atlas shows a credential only the projects in which it has a role: a new project needs one too. A project with a
\`clusters: all\` of its own keeps that, and a cluster that is named keeps its own settings; the other clusters and projects stay
watched. Patterns are for the names of projects, which may contain spaces: \`"Shop *"\`.

**Settings** of a cluster come from the first override of its target whose \`match\` matches its name, else from the target, else
from \`defaults\`. Without \`success_max_age\` the maximum age comes from the backup schedule. The patterns of \`exclude\` in a target and in
\`defaults\` all count. A warning names each override that is never used.

**Reload.** The exporter reloads the config on SIGHUP, and on \`POST /-/reload\` with \`--web.enable-lifecycle\`. With
\`--config.auto-reload\` it also reloads when a file of the config or \`atlas.ca_file\` changes. It checks these files every 5 s, and
applies a change once the files stop changing.

- An invalid file changes nothing. The log and the answer (400) list every error, and \`config_last_reload_successful\` is 0 until
  a valid file is loaded.
- A valid file takes effect at one moment. No scrape shows a mixture of two configs.
- Unchanged clusters keep their state, counters and poll schedule. Unchanged credentials keep their access tokens. Request budgets
  are not refilled.
- New clusters are polled at once, and so are clusters with another credential or \`base_url\`. Metrics of removed clusters disappear
  at once.
- Environment variables and flags (addresses, shards, log) are read only at the start. With \`--target\` there is no config file,
  and a reload changes nothing.

**YAML.** One document, unique keys, no tags such as \`!name\`, at most a hundred aliases, no merge keys.`;

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function code(text: string | undefined): string {
  return text === undefined ? '' : `\`${text}\``;
}
