/**
 * The keys of the config file: meaning, allowed values, default. The JSON Schema and docs/configuration.md are
 * generated from it. It checks single values; rules.ts checks rules that involve several keys.
 */
import { z } from 'zod';
import type { Collectors } from '../collectors/collector.ts';
import { COLLECTORS } from '../collectors/index.ts';
import type { Checked } from '../support/checked.ts';
import { trueOrFalse } from './config-file.ts';
import { parseBaseUrl, parseWebAddress } from './network.ts';
import { DURATION_PATTERN, formatDuration, looksSecret, parseDuration, quote } from './words.ts';

export const DEFAULT_BASE_URL = 'https://cloud.mongodb.com';
export const DEFAULT_RUNBOOKS =
  'https://github.com/mongodbatlas-backup-exporter/mongodbatlas-backup-exporter/blob/main/deploy/runbooks';
export const DEFAULT_IDLE_INTERVAL_SECONDS = 300;
export const DEFAULT_DISCOVERY_INTERVAL_SECONDS = 600;
/** The value for all clusters, instead of a list. */
export const ALL_CLUSTERS = 'all';
export const GROUP_ID = /^[a-f0-9]{24}$/;
export const CLUSTER_NAME = /^[a-zA-Z0-9][a-zA-Z0-9-]{0,63}$/;
export const GROUP_ID_FORM = '24 characters of 0-9 and a-f, as in the URL of the project’s page in Atlas';
export const CLUSTER_NAME_FORM = 'letters, digits and hyphens, at most 64, no hyphen at the front';

function hasWildcard(input: unknown): boolean {
  return /[*?]/.test(String(input));
}

/** Advice for a text that is not a cluster name. */
export function clusterNameAdvice(input: unknown): string {
  if (!hasWildcard(input)) return CLUSTER_NAME_FORM;
  const exclude = input === '*' ? '' : ', and leave some out with exclude';
  return `for every cluster of the project write clusters: all in the config file, without brackets${exclude}`;
}

const OWNER = /^[\p{L}\p{N}][\p{L}\p{N} ._@:/+-]{0,63}$/u;
const CLUSTER_GLOB = /^[a-zA-Z0-9*?-]{1,64}$/;
const CLUSTER_GLOB_FORM = 'letters, digits, hyphens, * and ?, at most 64';

export const CREDENTIAL_NAME = /^[a-zA-Z0-9_-]{1,64}$/;
export const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** These formats of zod refuse days that do not exist. */
const MOMENT_PATTERNS = [z.regexes.date, z.regexes.datetime({ offset: true })];
const DAY_SECONDS = 86_400;
const YEAR_SECONDS = 365 * DAY_SECONDS;

const atlas = z.strictObject({
  base_url: parsed(parseBaseUrl).optional().meta({
    defaultElsewhere: DEFAULT_BASE_URL,
    description:
      'The address of Atlas: `https://cloud.mongodbgov.com` for Atlas for Government. `http://` is allowed for loopback addresses only. Without this key, `MONGODB_ATLAS_BASE_URL` is used.',
  }),
  ca_file: z
    .string()
    .min(1, { error: 'is empty' })
    .optional()
    .describe(
      'A file with certificates of authorities in PEM format, relative to the config file: trusted for Atlas and for the proxy, in addition to the default ones. Read at start and at each reload.',
    ),
  request_timeout: duration(1, 600)
    .prefault('10s')
    .describe('Maximum duration of one request, including its response.'),
  page_size: wholeNumber(1, 500).prefault(500).describe('Export jobs per page of a list.'),
  max_pages: wholeNumber(1, 1_000_000)
    .prefault(200)
    .describe('A poll fails with reason `truncated` if a list has more pages than this.'),
  requests_per_minute: wholeNumber(1, 1_000_000)
    .prefault(150)
    .describe(
      'Maximum per project, for each of three kinds of requests: backups, lists of clusters, names of projects. Atlas allows 500 backup requests a minute for all clients of a project together.',
    ),
  concurrency: wholeNumber(1, 100)
    .prefault(8)
    .describe('Maximum number of concurrent requests, for all projects together.'),
});

const pollingKeys = {
  interval: duration(1, DAY_SECONDS)
    .prefault('60s')
    .describe('How often a target is polled while one of its exports is running.'),
  idle_interval: duration(1, DAY_SECONDS)
    .optional()
    .meta({
      defaultElsewhere: formatDuration(DEFAULT_IDLE_INTERVAL_SECONDS),
      description:
        'How often a target is polled while none of its exports is running. Not shorter than `interval`. If `interval` is longer than five minutes, the default is `interval`.',
    }),
  max_stale: duration(1, YEAR_SECONDS)
    .optional()
    .describe(
      'How long after the last successful poll the volatile metrics, such as the progress of running exports, remain. Not shorter than the two intervals. Default: three times the longer one.',
    ),
  max_active_jobs: wholeNumber(0, 1000)
    .prefault(50)
    .describe('Maximum number of running exports of one target that get their own series.'),
};

/** `read_NAME` for each collector that can be switched off. */
function switchesOf(collectors: Collectors) {
  return Object.fromEntries(
    collectors.flatMap(({ name, switchDescription }) =>
      switchDescription === undefined ? [] : [[`read_${name}` as const, onByDefault(switchDescription)] as const],
    ),
  ) as Readonly<Record<`read_${string}`, ReturnType<typeof onByDefault>>>;
}

function onByDefault(description: string) {
  return trueOrFalse().prefault(true).describe(description);
}

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
    .describe('Who is told about these clusters, such as the name of a team. It is a label of `target_info`.'),
};

const credential = z
  .strictObject({
    name: matching(CREDENTIAL_NAME, () => 'must be letters, digits, hyphens and underscores, at most 64')
      .refine((name) => !looksSecret(name), { error: 'looks like a secret: choose a name, because metrics show it' })
      .describe('The name that targets refer to. It is a label of metrics, so it must not be secret.'),
    service_account: pair('A service account: the recommended kind.', {
      client_id: 'The service account’s client id, `mdb_sa_id_…`.',
      client_secret: 'Its secret, `mdb_sa_sk_…`.',
    }).optional(),
    api_key: pair('A programmatic API key (HTTP digest).', {
      public_key: 'The public key.',
      private_key: 'The private key.',
    }).optional(),
    ...secret('access_token', 'An access token that another program obtains and renews.'),
    expires_at: parsed(parseMoment)
      .optional()
      .describe(
        'When the secret expires, as a date (its first moment in UTC) or an RFC 3339 time. It becomes a metric that alerts compare with.',
      ),
  })
  .meta(oneOf('service_account', 'api_key', 'access_token', 'access_token_file', 'access_token_env'));

function globs(glob: z.ZodType<string>, example: string) {
  return z.array(glob, { error: errorFor(['string'], () => `must be a list, such as ${example}`) });
}

const clusterGlob = matching(
  CLUSTER_GLOB,
  (input) => `${quote(input)} is not a pattern for cluster names: ${CLUSTER_GLOB_FORM}`,
);
const clusterGlobs = globs(clusterGlob, '[scratch, "ci-*"]');
const credentialOfTarget = matching(
  CREDENTIAL_NAME,
  (input) => `${quote(input)} is not a name of a credential`,
).optional();

const override = z.strictObject({
  match: clusterGlob.describe('A pattern for cluster names. Of several that match, the first counts.'),
  ...targetSettings,
});

const target = z.strictObject({
  group_id: matching(GROUP_ID, (input) => `${quote(input)} is not a project id: ${GROUP_ID_FORM}`).describe(
    `The Atlas project’s id: ${GROUP_ID_FORM}. In Helm’s values it must be in quotes.`,
  ),
  // The list comes first, because zod's problems for the first variant are reported, and nearly every wrong value was
  // meant to be a list.
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
      z.literal(ALL_CLUSTERS),
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
      description: 'With `clusters: all`: how often the list of clusters is read.',
    }),
  credential: credentialOfTarget.describe(
    'The `name` of the credential to use. Optional if there is only one, or if `defaults` has one.',
  ),
  ...targetSettings,
  overrides: z
    .array(override)
    .optional()
    .describe('Other settings for some of these clusters. What an override does not set, the entry sets.'),
});

const defaults = z.strictObject({
  credential: credentialOfTarget.describe('The `name` of the credential of targets that name none.'),
  exclude: clusterGlobs.optional().describe('Patterns for clusters that no target with `clusters: all` watches.'),
  ...targetSettings,
});

const webLinks = z.strictObject({
  runbooks: parsed(parseWebAddress)
    .prefault(DEFAULT_RUNBOOKS)
    .describe('The folder of the runbooks: the name of the alert and `.md` are appended.'),
  dashboard: parsed(parseWebAddress)
    .optional()
    .describe(
      'The address of a Grafana dashboard: the variables of the dashboard “Atlas backup exports” that select the cluster are appended. Without this key, the pages do not link to a dashboard.',
    ),
});

/** @param collectors each collector that can be switched off gets a key below `polling` */
export function createConfigSchema(collectors: Collectors) {
  const polling = z.strictObject({ ...pollingKeys, ...switchesOf(collectors) });
  return z
    .strictObject({
      atlas: atlas.prefault({}).describe('How to reach Atlas.'),
      credentials: z
        .array(credential)
        .min(1, { error: 'is empty: list a credential, or leave out the key to use the MONGODB_ATLAS_… variables' })
        .optional()
        .describe(
          'The credentials for Atlas. Default: the credential `default`, made from the `MONGODB_ATLAS_…` variables.',
        ),
      polling: polling.prefault({}).describe('When to poll targets.'),
      defaults: defaults.prefault({}).describe('Defaults for targets.'),
      targets: z
        .array(target)
        .min(1, { error: 'is empty: list a project and its clusters' })
        .describe('The projects and clusters to watch.'),
      web_links: webLinks.prefault({}).describe('Addresses to which the pages link.'),
    })
    .meta({ title: 'mongodbatlas-backup-exporter' });
}

export const configSchema = createConfigSchema(COLLECTORS);

export type ConfigFile = z.output<typeof configSchema>;

/** A text key with its description. */
function parsed<T>(parse: (text: string) => Checked<T>) {
  return z.string().transform((text, context) => {
    const checked = parse(text);
    if ('value' in checked) return checked.value;
    context.addIssue({ code: 'custom', message: checked.problem });
    return z.NEVER;
  });
}

/** @param units likely units for a number without a unit, the likeliest first */
function duration(minSeconds: number, maxSeconds: number, units: readonly string[] = ['s', 'm']) {
  return parsed((text) => {
    const checked = parseDuration(text, units);
    if ('problem' in checked) return checked;
    if (checked.value < minSeconds) return { problem: `must be at least ${formatDuration(minSeconds)}` };
    return checked.value > maxSeconds ? { problem: `must be at most ${formatDuration(maxSeconds)}` } : checked;
  }).meta({ pattern: DURATION_PATTERN });
}

/** A date means its start in UTC, because an alert some hours early is better than a late alert. */
function parseMoment(input: string): Checked<number> {
  // RFC 3339 allows a space or a small t between date and time, and a small z.
  const text = input.replace(/^([\d-]{10})[ t]/, '$1T').replace(/z$/, 'Z');
  return MOMENT_PATTERNS.some((pattern) => pattern.test(text))
    ? { value: Date.parse(text) / 1000 }
    : { problem: 'must be a date such as 2027-03-01 or a time such as 2027-03-01T12:00:00Z' };
}

function wholeNumber(min: number, max: number) {
  const wrong = (input: unknown) => `must be a whole number from ${min} to ${max}, not ${quote(input)}`;
  const error = errorFor(['number', 'string'], wrong);
  const toNumber = (text: unknown) => (typeof text === 'string' && /^-?[0-9.]+$/.test(text) ? Number(text) : text);
  return z.preprocess(toNumber, z.int({ error }).min(min, { error }).max(max, { error }));
}

function matching(pattern: RegExp, wrong: (input: unknown) => string) {
  return z.string().regex(pattern, { error: (found) => wrong(found.input) });
}

/** A kind of credential that consists of two texts. */
function pair(description: string, slots: Readonly<Record<string, string>>) {
  const forms = Object.entries(slots).map(([name, meaning]) => secret(name, meaning));
  const allOf = Object.keys(slots).map((name) => oneOf(name, `${name}_file`, `${name}_env`));
  return z.strictObject(Object.assign({}, ...forms) as ReturnType<typeof secret>).meta({ description, allOf });
}

/** The three forms of a secret, and of the id that belongs to it. */
function secret(name: string, description: string) {
  const text = z.string().min(1, { error: 'is empty' });
  const variable = matching(VARIABLE_NAME, () => 'must be the name of an environment variable');
  return {
    [name]: text.optional().describe(description),
    [`${name}_file`]: text.optional().describe(`A file that holds \`${name}\`, relative to the config file.`),
    [`${name}_env`]: variable.optional().describe(`The name of an environment variable that holds \`${name}\`.`),
  };
}

/** Only for the JSON Schema; credentials.ts does the check. */
function oneOf(...keys: readonly string[]) {
  return { oneOf: keys.map((key) => ({ required: [key] })) };
}

/** A message for inputs of these types; other types get the common messages of config-file.ts. */
function errorFor(types: readonly string[], message: (input: unknown) => string | undefined) {
  return ({ input }: { readonly input?: unknown }) => (types.includes(typeof input) ? message(input) : undefined);
}
