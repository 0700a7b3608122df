/**
 * The keys of the config file: meaning, allowed values, default. The JSON Schema and docs/configuration.md are
 * generated from it. rules.ts checks rules that involve several keys.
 */
import { z } from 'zod';
import type { Collectors } from '../collectors/collector.ts';
import { COLLECTORS } from '../collectors/index.ts';
import { formatDuration, looksSecret } from '../support/words.ts';
import { parseBaseUrl, parseWebAddress, parseWebFolder } from './network.ts';
import {
  DAY_SECONDS,
  duration,
  filledText,
  matching,
  oneOf,
  parsed,
  parseMoment,
  trueOrFalse,
  wholeNumber,
  YEAR_SECONDS,
} from './schema-values.ts';
import { CREDENTIAL_NAME, defaults, target } from './target-schema.ts';

export const DEFAULT_BASE_URL = 'https://cloud.mongodb.com';
export const DEFAULT_RUNBOOKS =
  'https://github.com/mongodbatlas-backup-exporter/mongodbatlas-backup-exporter/blob/main/deploy/runbooks';
export const DEFAULT_IDLE_INTERVAL_SECONDS = 300;
export const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const atlas = z.strictObject({
  base_url: parsed(parseBaseUrl).optional().meta({
    defaultElsewhere: DEFAULT_BASE_URL,
    description:
      'The address of Atlas: `https://cloud.mongodbgov.com` for Atlas for Government. `http://` is allowed for loopback addresses only. Without this key, `MONGODB_ATLAS_BASE_URL` is used.',
  }),
  ca_file: filledText()
    .optional()
    .describe(
      'A file with certificates of authorities in PEM format, relative to the config file: trusted for Atlas and for the proxy, in addition to the default ones. Read at start and at each reload.',
    ),
  request_timeout: duration(1, 600)
    .prefault('10s')
    .describe(
      'Maximum duration of one request, including its response. All requests of a poll together may take 60 s, or six times this value if that is longer.',
    ),
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
  const switches = collectors.flatMap(({ name, switchDescription: description }) =>
    description === undefined ? [] : [[`read_${name}`, trueOrFalse().prefault(true).describe(description)] as const],
  );
  return Object.fromEntries(switches) as Readonly<Record<`read_${string}`, (typeof switches)[number][1]>>;
}

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

const webLinks = z.strictObject({
  runbooks: parsed(parseWebFolder)
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

function pair(description: string, slots: Readonly<Record<string, string>>) {
  const forms = Object.entries(slots).map(([name, meaning]) => secret(name, meaning));
  const allOf = Object.keys(slots).map((name) => oneOf(name, `${name}_file`, `${name}_env`));
  return z.strictObject(Object.assign({}, ...forms) as ReturnType<typeof secret>).meta({ description, allOf });
}

/** The three forms of a secret, and of the id that belongs to it. */
function secret(name: string, description: string) {
  const variable = matching(VARIABLE_NAME, () => 'must be the name of an environment variable');
  return {
    [name]: filledText().optional().describe(description),
    [`${name}_file`]: filledText().optional().describe(`A file that holds \`${name}\`, relative to the config file.`),
    [`${name}_env`]: variable.optional().describe(`The name of an environment variable that holds \`${name}\`.`),
  };
}
