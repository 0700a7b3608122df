/** docs/api.md, made from the fields that make the JSON. */
import { BUDGET_FIELDS, type Field, JOB_FIELDS, PROJECT_FIELDS, TARGET_FIELDS } from '../src/web/api.ts';
import { CONDITIONS, WORDS } from '../src/web/pages/conditions.ts';

const INTRODUCTION = `# API

<!-- Made from the code by \`npm run docs\`; a test fails when it differs. -->

\`GET /api/v1/targets\` says the same as the status page, for programs: JSON, made of what is known already; asking costs no call
to Atlas. For alerts use the [metrics](metrics.md): this is for chat bots, scripts and reports.

\`\`\`sh
curl -s http://localhost:19017/api/v1/targets | jq -r '.targets[] | select(.condition == "overdue") | .cluster_name'
\`\`\`

What to expect of it:

- Within \`v1\` no field is renamed or removed, and none changes its type or meaning. Fields and conditions may be added.
- Times are Unix times in seconds, as in the metrics, and named so: \`…_timestamp_seconds\`. Spans are in seconds too.
- **A field that is absent is unknown or never was**, not zero or false.
- Targets come in the order of the status page: what presses most first.
- Texts of \`problem\` and \`advice\` are for people: they may change with any version.
- The answer may be up to a second old.

\`GET /config\` shows the configuration in force as YAML: defaults are filled in, and in the place of each secret stands where
it comes from. No secret is read for it.
`;

export function apiDocument(): string {
  return `${INTRODUCTION}
## The answer

| field | type | meaning |
|---|---|---|
| \`generated_timestamp_seconds\` | number | When the answer was made. |
| \`exporter_version\` | string | The version of the program. |
| \`targets\` | array | The clusters that are watched. |
| \`projects\` | array | Their projects. |

## A target

${table(TARGET_FIELDS)}

### Conditions

| \`condition\` | level | true when |
|---|---|---|
${CONDITIONS.map((condition) => `| \`${condition}\` | ${WORDS[condition].level} | ${WORDS[condition].meaning} |`).join('\n')}

## An export job

In \`active_jobs\` and \`newest_jobs\`.

${table(JOB_FIELDS)}

## A project

${table(PROJECT_FIELDS)}

## A budget

${table(BUDGET_FIELDS)}
`;
}

function table<T>(fields: readonly Field<T>[]): string {
  const rows = fields.map(({ name, type, meaning }) => `| \`${name}\` | ${type} | ${meaning} |`);
  return ['| field | type | meaning |', '|---|---|---|', ...rows].join('\n');
}
