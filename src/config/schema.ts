/**
 * The config file, key by key: what each means, which values it takes, what it is where it is left out. The JSON Schema and
 * docs/configuration.md are made from it. It looks at one value at a time: what has to fit together is in rules.ts.
 */
import { z } from 'zod';
import { parseBaseUrl } from './base-url.ts';
import { DURATION_PATTERN, formatDuration, parseDuration } from './duration.ts';
import { parseExpirySeconds } from './expiry.ts';
import { looksSecret, quote } from './problems.ts';

export const DEFAULT_BASE_URL = 'https://cloud.mongodb.com';
export const DEFAULT_IDLE_INTERVAL_SECONDS = 300;
export const DEFAULT_DISCOVERY_INTERVAL_SECONDS = 600;
/** In place of a list of clusters. */
export const ALL_CLUSTERS = 'all';
export const GROUP_ID = /^[a-f0-9]{24}$/;
export const CLUSTER_NAME = /^[a-zA-Z0-9][a-zA-Z0-9-]{0,63}$/;
export const GROUP_ID_FORM = '24 characters of 0-9 and a-f, as in the address of the project’s page in Atlas';
export const CLUSTER_NAME_FORM = 'letters, digits and hyphens, at most 64, no hyphen at the front';

const CLUSTER_GLOB = /^[a-zA-Z0-9*?-]{1,64}$/;
const CLUSTER_GLOB_FORM = 'letters, digits, hyphens, * and ?, at most 64';

export const CREDENTIAL_NAME = /^[a-zA-Z0-9_-]{1,64}$/;
export const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const DAY_SECONDS = 86_400;
const YEAR_SECONDS = 365 * DAY_SECONDS;

const atlas = z.strictObject({
  base_url: z
    .string()
    .transform((text, context) => {
      const url = parseBaseUrl(text);
      return 'origin' in url ? url.origin : refuse(context, url.wrong);
    })
    .optional()
    .meta({
      defaultElsewhere: DEFAULT_BASE_URL,
      description:
        'Where Atlas is: `https://cloud.mongodbgov.com` for Atlas for Government. `http://` only to a loopback address. `MONGODB_ATLAS_BASE_URL` counts where this key is left out.',
    }),
  request_timeout: duration(1, 600).prefault('10s').describe('How long one request may take, its answer included.'),
  page_size: wholeNumber(1, 500).prefault(500).describe('How many export jobs Atlas is asked for at once.'),
  max_pages: wholeNumber(1, 1_000_000)
    .prefault(200)
    .describe('A list longer than this many pages fails the poll as `truncated`.'),
  requests_per_minute: wholeNumber(1, 1_000_000)
    .prefault(150)
    .describe(
      'Per project, of each of three kinds: backups, lists of clusters, names of projects. Atlas grants 500 a minute, of the first kind, to all clients of a project together.',
    ),
  concurrency: wholeNumber(1, 100).prefault(8).describe('Requests under way at once, all projects together.'),
});

const polling = z.strictObject({
  interval: duration(1, DAY_SECONDS)
    .prefault('60s')
    .describe('How often a target is polled while one of its exports is under way.'),
  idle_interval: duration(1, DAY_SECONDS)
    .optional()
    .meta({
      defaultElsewhere: formatDuration(DEFAULT_IDLE_INTERVAL_SECONDS),
      description:
        'How often it is polled while none is. Not shorter than `interval`, which it follows above five minutes.',
    }),
  max_stale: duration(1, YEAR_SECONDS)
    .optional()
    .describe(
      'For how long after the last good poll the volatile metrics, such as the progress of running exports, are still shown. Not shorter than the two intervals. Left out: three times the longer of them.',
    ),
  max_active_jobs: wholeNumber(0, 1000)
    .prefault(50)
    .describe('How many running exports of one target get series of their own.'),
  read_schedule: z
    .boolean({ error: (found) => (isSingleValue(found.input) ? 'must be true or false' : undefined) })
    .prefault(true)
    .describe(
      'Whether the backup schedule of each target is read every hour: whether it exports by itself, and how old the newest success may be where `success_max_age` is left out. It needs the role Project Read Only.',
    ),
});

const expectations = {
  success_max_age: duration(1, 10 * YEAR_SECONDS)
    .optional()
    .describe('How old the newest successful export may be. It becomes a metric that alerts compare with.'),
  duration_max: duration(1, YEAR_SECONDS)
    .optional()
    .describe('How long an export may run. It becomes a metric that alerts compare with.'),
};

const serviceAccount = z
  .strictObject({
    ...secret('client_id', 'The service account’s client id, `mdb_sa_id_…`.'),
    ...secret('client_secret', 'Its secret, `mdb_sa_sk_…`.'),
  })
  .meta({
    description: 'A service account: the kind to choose.',
    allOf: [oneOfForms('client_id'), oneOfForms('client_secret')],
  });

const apiKey = z
  .strictObject({
    ...secret('public_key', 'The public key.'),
    ...secret('private_key', 'The private key.'),
  })
  .meta({
    description: 'A programmatic API key (HTTP digest).',
    allOf: [oneOfForms('public_key'), oneOfForms('private_key')],
  });

const credential = z
  .strictObject({
    name: matching(CREDENTIAL_NAME, () => 'must be letters, digits, hyphens and underscores, at most 64')
      .refine((name) => !looksSecret(name), { error: 'looks like a secret: make up a name, which metrics will show' })
      .describe('By which targets name it; a label of metrics, so nothing secret.'),
    service_account: serviceAccount.optional(),
    api_key: apiKey.optional(),
    ...secret('access_token', 'An access token that something else obtains and renews; it is sent as it is.'),
    expires_at: z
      .string({ error: (found) => (typeof found.input === 'number' ? EXPIRY_FORM : undefined) })
      .transform((text, context) => parseExpirySeconds(text) ?? refuse(context, EXPIRY_FORM))
      .optional()
      .describe(
        'When the secret expires, as a date (its first moment in UTC) or an RFC 3339 time. It becomes a metric that alerts compare with.',
      ),
  })
  .meta({
    oneOf: ['service_account', 'api_key', 'access_token', 'access_token_file', 'access_token_env'].map((key) => ({
      required: [key],
    })),
  });

const target = z.strictObject({
  group_id: matching(GROUP_ID, (input) => `${quote(input)} is no project id: ${GROUP_ID_FORM}`).describe(
    `The Atlas project’s id: ${GROUP_ID_FORM}. In quotes where it has no letter but e.`,
  ),
  // What is wrong is told of the first kind: nearly all that is neither was meant to be a list.
  clusters: z
    .union([
      z
        .array(
          matching(CLUSTER_NAME, (input) => `${quote(input)} is no cluster name: ${CLUSTER_NAME_FORM}`),
          { error: clustersError },
        )
        .min(1, { error: 'is empty: list the names of the clusters, such as [Cluster0], or write all' }),
      z.literal(ALL_CLUSTERS),
    ])
    .describe(
      'The names of the clusters in this project, or `all`: every dedicated cluster with backup, found again and again (needs the role Project Read Only). A project may be listed several times, a cluster once; one that is named beside `all` keeps its own settings.',
    ),
  exclude: z
    .array(
      matching(CLUSTER_GLOB, (input) => `${quote(input)} is no pattern of names: ${CLUSTER_GLOB_FORM}`),
      { error: (found) => (typeof found.input === 'string' ? 'must be a list, such as [scratch, "ci-*"]' : undefined) },
    )
    .optional()
    .describe('With `clusters: all`: which clusters are left out. `*` stands for any characters, `?` for one.'),
  discovery_interval: duration(10, DAY_SECONDS)
    .optional()
    .meta({
      defaultElsewhere: formatDuration(DEFAULT_DISCOVERY_INTERVAL_SECONDS),
      description: 'With `clusters: all`: how often clusters are looked for.',
    }),
  credential: matching(CREDENTIAL_NAME, (input) => `${quote(input)} is no name of a credential`)
    .optional()
    .describe('The `name` of the credential to use. It may be left out where there is just one.'),
  ...expectations,
});

export const configSchema = z.strictObject({
  atlas: atlas.prefault({}).describe('How Atlas is reached.'),
  credentials: z
    .array(credential)
    .min(1, { error: 'is empty: list a credential, or leave the key out to use the MONGODB_ATLAS_… variables' })
    .optional()
    .describe('With what to sign in. Left out: the credential `default`, made of the `MONGODB_ATLAS_…` variables.'),
  polling: polling.prefault({}).describe('When targets are polled.'),
  defaults: z.strictObject(expectations).prefault({}).describe('What targets have where they say nothing else.'),
  targets: z.array(target).min(1, { error: 'is empty: list a project and its clusters' }).describe('What is watched.'),
});

export type ConfigFile = z.output<typeof configSchema>;

const EXPIRY_FORM = 'must be a date such as 2027-03-01 or a time such as 2027-03-01T12:00:00Z';

function duration(minSeconds: number, maxSeconds: number) {
  return z
    .string({ error: (found) => (typeof found.input === 'number' ? wrongDuration(found.input) : undefined) })
    .meta({ pattern: DURATION_PATTERN })
    .transform((text, context) => {
      const parsed = parseDuration(text);
      if ('wrong' in parsed) return refuse(context, parsed.wrong);
      if (parsed.seconds < minSeconds) return refuse(context, `must be at least ${formatDuration(minSeconds)}`);
      if (parsed.seconds > maxSeconds) return refuse(context, `must be at most ${formatDuration(maxSeconds)}`);
      return parsed.seconds;
    });
}

function wrongDuration(input: number): string | undefined {
  const parsed = parseDuration(input);
  return 'wrong' in parsed ? parsed.wrong : undefined;
}

function wholeNumber(min: number, max: number) {
  const error = (found: { readonly input?: unknown }): string | undefined =>
    typeof found.input === 'number' || typeof found.input === 'string'
      ? `must be a whole number from ${min} to ${max}, not ${quote(found.input)}`
      : undefined;
  return z.int({ error }).min(min, { error }).max(max, { error });
}

function matching(pattern: RegExp, wrong: (input: unknown) => string) {
  return z.string().regex(pattern, { error: (found) => wrong(found.input) });
}

/** The three forms of everything that is secret or belongs to a secret. */
function secret<Name extends string>(name: Name, description: string) {
  const variable = matching(VARIABLE_NAME, () => 'must be the name of an environment variable');
  const forms = {
    [name]: z.string().min(1, { error: 'is empty' }).optional().describe(description),
    [`${name}_file`]: z
      .string()
      .min(1, { error: 'is empty' })
      .optional()
      .describe(`A file that holds \`${name}\`, relative to the config file.`),
    [`${name}_env`]: variable.optional().describe(`The name of an environment variable that holds \`${name}\`.`),
  };
  return forms as Record<Name | `${Name}_file` | `${Name}_env`, z.ZodOptional<z.ZodString>>;
}

function oneOfForms(name: string) {
  return { oneOf: [name, `${name}_file`, `${name}_env`].map((key) => ({ required: [key] })) };
}

function clustersError({ input }: { readonly input?: unknown }): string | undefined {
  if (typeof input === 'string') return 'must be a list or all: put the name in brackets, such as [Cluster0]';
  return undefined;
}

function isSingleValue(input: unknown): boolean {
  return input !== null && typeof input !== 'object';
}

function refuse(context: z.RefinementCtx<unknown>, message: string): never {
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
}
