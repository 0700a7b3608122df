/** Makes docs/api.md from the lists of fields that also make the JSON. */
import type { Collectors, Field } from '../src/collectors/collector.ts';
import { CONDITIONS, WORDS } from '../src/collectors/conditions.ts';
import { JOB_FIELDS } from '../src/collectors/exports/fields.ts';
import { COLLECTORS } from '../src/collectors/index.ts';
import {
  BUDGET_FIELDS,
  OUTAGE_FIELDS,
  PARAMETERS,
  PROJECT_FIELDS,
  READ_FIELDS,
  TARGET_FIELDS,
} from '../src/web/api.ts';

const INTRODUCTION = `# API

<!-- Made from the code by \`npm run docs\`; a test fails when it differs. -->

\`GET /api/v1/targets\` returns the content of the status page as JSON, for scripts, chat bots and reports. A request reads only the
exporter’s memory and causes no request to Atlas. For alerts use the [metrics](metrics.md).

\`\`\`sh
curl -s 'http://localhost:19017/api/v1/targets?condition=overdue&owner=payments' | jq -r '.targets[].cluster_name'
\`\`\`

\`GET /api/v1/targets/GROUP_ID/CLUSTER\` returns one target, or 404 if the exporter does not monitor it.

Rules:

- Within \`v1\` no field is renamed or removed, and no field changes its type or meaning. New fields and conditions may be added.
- Times are Unix times in seconds, named \`…_timestamp_seconds\` as in the metrics. Durations are in seconds, too.
- **An absent field means never or unknown**, not zero or false.
- Targets have the order of the status page: the most urgent first.
- The texts of \`problem\` and \`advice\` are for people and may change with any version.
- A response may be up to one second old.

\`GET /config\` returns the current config as YAML, with the defaults. It does not read secrets, and shows
where each secret comes from. If this is a file, it shows the file’s name without the folder.
`;

export function apiDocument(collectors: Collectors = COLLECTORS): string {
  return `${INTRODUCTION}
## Parameters

The parameters filter \`targets\`. Then \`projects\` has only the projects of these targets. A target must match all given parameters. Each
parameter may be given once. A parameter without a value does not filter. An unknown parameter or condition gives 400. A response with
400 or 404 is an object with one field \`error\`, which is a text for people.

| parameter | meaning |
|---|---|
${Object.entries(PARAMETERS)
  .map(([name, meaning]) => `| \`${name}\` | ${meaning} |`)
  .join('\n')}

## The response

| field | type | meaning |
|---|---|---|
| \`generated_timestamp_seconds\` | number | When the response was created. |
| \`exporter_version\` | string | The version of the program. |
| \`outage\` | object | Present while Atlas does not answer; see below. |
| \`targets\` | array | The monitored clusters. |
| \`projects\` | array | The projects of these clusters. |

## A target

${table(TARGET_FIELDS)}

The field \`reads\` is an object with one entry for each kind of data that the exporter reads: ${collectors.map(({ name }) => `\`${name}\``).join(', ')}; see below.

${collectors.map(({ words, fields = [] }) => `### ${words.title}\n\n${table(fields)}\n`).join('\n')}
### A read

${table(READ_FIELDS)}

### Conditions

| \`condition\` | level | meaning |
|---|---|---|
${CONDITIONS.map((condition) => `| \`${condition}\` | ${WORDS[condition].level} | ${WORDS[condition].meaning} |`).join('\n')}

## An export job

An element of \`active_jobs\` and \`newest_jobs\`.

${table(JOB_FIELDS)}

## A project

${table(PROJECT_FIELDS)}

## A budget

${table(BUDGET_FIELDS)}

## An outage

${table(OUTAGE_FIELDS)}
`;
}

function table<T>(fields: readonly Field<T>[]): string {
  const rows = fields.map(({ name, type, meaning }) => `| \`${name}\` | ${type} | ${meaning} |`);
  return ['| field | type | meaning |', '|---|---|---|', ...rows].join('\n');
}
