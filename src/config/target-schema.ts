/** The keys of one entry of `targets`, and those of `defaults`. */
import { z } from 'zod';
import { formatDuration, looksSecret, quote } from '../support/words.ts';
import { DAY_SECONDS, duration, errorFor, filledText, matching, oneOf, YEAR_SECONDS } from './schema-values.ts';

export const DEFAULT_DISCOVERY_INTERVAL_SECONDS = 600;
export const CREDENTIAL_NAME = /^[a-zA-Z0-9_-]{1,64}$/;
/** The value for all clusters instead of a list, and for all projects. */
export const ALL = 'all';
export const GROUP_ID = /^[a-f0-9]{24}$/;
export const CLUSTER_NAME = /^[a-zA-Z0-9][a-zA-Z0-9-]{0,63}$/;
export const GROUP_ID_FORM = '24 characters of 0-9 and a-f, as in the URL of the project’s page in Atlas';

function hasWildcard(input: unknown): boolean {
  return /[*?]/.test(String(input));
}

/** Advice for a text that is not a cluster name. */
export function clusterNameAdvice(input: unknown): string {
  if (!hasWildcard(input)) return 'letters, digits and hyphens, at most 64, no hyphen at the front';
  const exclude = input === '*' ? '' : ', and leave some out with exclude';
  return `for every cluster of the project write clusters: all in the config file, without brackets${exclude}`;
}

/** Letters and digits of any language, written without `\p`, which Python’s JSON Schema tools do not know. */
const OWNER = /^[^\s!-/:-@[-`{-~][^\t\n\r!-*,;-?[-^`{-~]{0,63}$/u;

/** The settings of a target that can also be in `defaults`. */
const targetSettings = {
  success_max_age: duration(1, 10 * YEAR_SECONDS, ['h', 'd', 's'])
    .optional()
    .describe('Maximum age of the newest successful export. It becomes a metric that alerts compare with.'),
  duration_max: duration(1, YEAR_SECONDS, ['h', 'm', 's'])
    .optional()
    .describe('Maximum duration of an export. It becomes a metric that alerts compare with.'),
  owner: matching(
    OWNER,
    () => 'must begin with a letter or digit, and be letters, digits, spaces and . _ @ : / + -, at most 64',
  )
    .refine((name) => !looksSecret(name), { error: 'looks like a secret: metrics and alerts show it' })
    .optional()
    .describe(
      'Who is told about these clusters, such as the name of a team. It is a label of `target_info` and of the alerts about them.',
    ),
};

function globs(glob: z.ZodType<string>, example: string) {
  return z.array(glob, { error: errorFor(['string'], () => `must be a list, such as ${example}`) });
}

const clusterGlob = matching(
  /^[a-zA-Z0-9*?-]{1,64}$/,
  (input) => `${quote(input)} is not a pattern for cluster names: letters, digits, hyphens, * and ?, at most 64`,
);
const clusterGlobs = globs(clusterGlob, '[scratch, "ci-*"]');
const credentialName = matching(CREDENTIAL_NAME, (input) => `${quote(input)} is not a name of a credential`).optional();

/** Atlas allows these characters in the names of projects, and others only in names of long ago. */
const projectGlobs = globs(filledText().max(64, { error: 'must have at most 64 characters' }), '["*-prod"]');

const override = z.strictObject({
  match: clusterGlob.describe('A pattern for cluster names. Of several that match, the first counts.'),
  ...targetSettings,
});

export const target = z
  .strictObject({
    group_id: matching(GROUP_ID, (input) => `${quote(input)} is not a project id: ${GROUP_ID_FORM}`)
      .optional()
      .describe(
        `The Atlas project’s id: ${GROUP_ID_FORM}. In Helm’s values it must be in quotes. Required without \`projects\`.`,
      ),
    projects: z
      .literal(ALL, { error: errorFor(['string'], () => 'must be all: a single project has group_id instead') })
      .optional()
      .describe(
        'Instead of `group_id`: `all` for every project that the credential can see, looked up regularly. Only with `clusters: all`. A project with a `clusters: all` of its own keeps that.',
      ),
    include_projects: projectGlobs
      .min(1, { error: 'is empty: list patterns, or leave out the key' })
      .optional()
      .describe('With `projects: all`: patterns for the names of the projects to watch. Default: every project.'),
    exclude_projects: projectGlobs
      .optional()
      .describe(
        'With `projects: all`: patterns for the names of the projects to leave out. A project that matches `include_projects` too is left out.',
      ),
    // The list comes first: zod's problems for the first variant are reported, and most wrong values were meant as a
    // list.
    clusters: z
      .union([
        z
          .array(
            matching(CLUSTER_NAME, (input) => `${quote(input)} is not a cluster name: ${clusterNameAdvice(input)}`),
            {
              error: errorFor(
                ['string'],
                (input) =>
                  `must be a list or all: ${hasWildcard(input) ? clusterNameAdvice(input) : 'put the name in brackets, such as [Cluster0]'}`,
              ),
            },
          )
          .min(1, { error: 'is empty: list the names of the clusters, such as [Cluster0], or write all' }),
        z.literal(ALL),
      ])
      .describe(
        'The names of the clusters in this project, or `all`: every dedicated cluster with backup, looked up regularly (needs the role Project Read Only). A project may be listed several times, a cluster once. A cluster that is also listed by name keeps its own settings.',
      ),
    include: clusterGlobs
      .min(1, { error: 'is empty: list patterns, or leave out the key' })
      .optional()
      .describe(
        'With `clusters: all`: patterns for the clusters to watch. `*` matches any characters, `?` matches one. Default: every cluster.',
      ),
    exclude: clusterGlobs
      .optional()
      .describe(
        'With `clusters: all`: patterns for the clusters to leave out, in addition to those of `defaults`. A cluster that matches `include` too is left out.',
      ),
    discovery_interval: duration(10, DAY_SECONDS)
      .optional()
      .meta({
        defaultElsewhere: formatDuration(DEFAULT_DISCOVERY_INTERVAL_SECONDS),
        description:
          'With `clusters: all`: how often the list of clusters is read, and with `projects: all` the list of projects.',
      }),
    credential: credentialName.describe(
      'The `name` of the credential to use. Optional if there is only one, or if `defaults` has one.',
    ),
    ...targetSettings,
    overrides: z
      .array(override)
      .optional()
      .describe('Other settings for some of these clusters. What an override does not set, the entry sets.'),
  })
  .meta(oneOf('group_id', 'projects'));

export const defaults = z.strictObject({
  credential: credentialName.describe('The `name` of the credential of targets that name none.'),
  exclude: clusterGlobs.optional().describe('Patterns for clusters that no target with `clusters: all` watches.'),
  ...targetSettings,
});
