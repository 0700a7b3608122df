/**
 * The values of the Helm chart, declared once. values.schema.json and the table in the chart's README are made from this list. The
 * exporter's own schema checks `config`; Kubernetes checks its own objects.
 */
import { type JsonSchema, toJsonSchema } from '../src/config/config-file.ts';
import { configSchema } from '../src/config/schema.ts';

interface ValueSchema extends Omit<JsonSchema, 'properties' | 'required' | 'items' | 'anyOf' | 'const'> {
  readonly properties?: Readonly<Record<string, ValueSchema>>;
  readonly additionalProperties?: false | ValueSchema;
  readonly items?: ValueSchema;
  readonly required?: readonly string[];
  readonly enum?: readonly string[];
  readonly minLength?: number;
  readonly uniqueItems?: boolean;
}

const DURATION = '[0-9]+(ms|s|m|h)';
/** A name that can also be part of a volume's name. */
const SECRET_NAME = '^[a-z0-9]([-a-z0-9]{0,54}[a-z0-9])?$';

const text = (description: string, more: ValueSchema = {}): ValueSchema => ({ description, type: 'string', ...more });
const flag = (description: string): ValueSchema => ({ description, type: 'boolean' });
const object = (description: string): ValueSchema => ({ description, type: 'object' });
const objects = (description: string): ValueSchema => ({ description, type: 'array', items: { type: 'object' } });
const texts = (description: string): ValueSchema => ({ ...object(description), additionalProperties: text('') });
const keys = (properties: Readonly<Record<string, ValueSchema>>): ValueSchema => ({
  type: 'object',
  properties,
  additionalProperties: false,
});

const VALUES: Readonly<Record<string, ValueSchema>> = {
  demo: flag('Run the demo, with a simulated Atlas, instead of monitoring clusters.'),
  config: {
    description:
      'The exporter’s config file, see docs/configuration.md. Ids and names must be in quotes: without them Helm turns `523456789012345678901234` into `5.23e+23`, so the chart refuses numbers there.',
    ...portable(toJsonSchema(configSchema)),
    // Nothing is required, because it may be set in another way; the templates report what is missing.
    required: [],
  },
  existingConfigMap: text(
    'Instead of `config`: the name of a ConfigMap with the key `mongodbatlas-backup-exporter.yml`. It is read again when it changes.',
  ),
  secrets: {
    description:
      'Names of Secrets in the same namespace. Each is mounted at `/run/secrets/NAME`, for the `…_file` keys of `config`.',
    type: 'array',
    uniqueItems: true,
    items: { type: 'string', pattern: SECRET_NAME },
  },
  shards: {
    description: 'Number of exporters that share the projects. With more than one the chart creates a StatefulSet.',
    type: 'integer',
    minimum: 1,
    maximum: 1000,
  },
  web: keys({
    configSecret: text(
      'Name of a Secret with `web-config.yml`, which contains `tls_server_config`, and the files that it names. Mounted at `/run/secrets/web`.',
    ),
    clientCertificates: flag(
      'Whether that file requires client certificates. Then the probes run the program’s `health` with `probe.crt` and `probe.key` of that Secret.',
    ),
  }),
  extraArgs: {
    description: 'Further flags.',
    type: 'array',
    items: { type: 'string', pattern: '^--[a-z]' },
  },
  extraEnv: {
    description: 'Further environment variables, as in a container, such as `HTTPS_PROXY`.',
    type: 'array',
    items: {
      ...keys({ name: text('', { minLength: 1 }), value: text(''), valueFrom: object('') }),
      required: ['name'],
    },
  },
  image: keys({
    repository: text('The image, including the registry.', { minLength: 1 }),
    tag: text('The tag of the image. If empty, the version of the program.'),
    digest: text('The digest of the image, used instead of the tag.', { pattern: '^(sha256:[0-9a-f]{64})?$' }),
    pullPolicy: text('The pull policy of the image.', { enum: ['Always', 'IfNotPresent', 'Never'] }),
  }),
  imagePullSecrets: objects('Passed to the pods unchanged.'),
  nameOverride: text('Replaces the chart’s name in names and labels.'),
  fullnameOverride: text('Replaces the whole name, made of the names of release and chart.'),
  service: keys({
    annotations: texts('Annotations of the Service, which is headless.'),
  }),
  serviceAccount: keys({
    create: flag('Whether to create a ServiceAccount. It has no rights and no token.'),
    name: text('The name of the ServiceAccount. If empty, the full name, or `default` if none is created.'),
    annotations: texts('Annotations of the ServiceAccount.'),
  }),
  networkPolicy: keys({
    enabled: flag(
      'Allow incoming connections only from the peers below, and outgoing ones only to DNS and port 443 of the Internet.',
    ),
    from: objects('Peers that may connect, as in a NetworkPolicy.'),
    extraEgress: objects(
      'Further rules for outgoing connections, such as to a proxy or to a name server outside of `kube-system`.',
    ),
  }),
  serviceMonitor: keys({
    enabled: flag('Create a ServiceMonitor for the Prometheus Operator.'),
    labels: texts('Labels by which Prometheus selects the ServiceMonitor, such as `release`.'),
    interval: text('Interval between scrapes.', { pattern: `^${DURATION}$` }),
    scrapeTimeout: text('Timeout of a scrape. If empty, the default of Prometheus.', { pattern: `^(${DURATION})?$` }),
    tlsConfig: object('Passed to the ServiceMonitor’s endpoint unchanged.'),
    basicAuth: object('Passed to the ServiceMonitor’s endpoint unchanged.'),
    relabelings: objects('Passed to the ServiceMonitor’s endpoint unchanged.'),
    metricRelabelings: objects('Passed to the ServiceMonitor’s endpoint unchanged.'),
  }),
  prometheusRule: keys({
    enabled: flag('Create a PrometheusRule with the alerts and recording rules.'),
    labels: texts('Labels by which Prometheus selects the rules, such as `release`.'),
  }),
  dashboards: keys({
    enabled: flag('Create a ConfigMap for each Grafana dashboard.'),
    labels: texts('Labels by which Grafana’s sidecar finds the dashboards.'),
    annotations: texts('Annotations for the sidecar, such as the folder.'),
  }),
  resources: object('Passed to the container unchanged.'),
  podAnnotations: texts('Annotations of the pods.'),
  podLabels: texts('Labels of the pods.'),
  priorityClassName: text('Passed to the pods unchanged.'),
  nodeSelector: texts('Passed to the pods unchanged.'),
  tolerations: objects('Passed to the pods unchanged.'),
  affinity: object('Passed to the pods unchanged.'),
  topologySpreadConstraints: objects('Passed to the pods unchanged.'),
};

export function valuesSchemaFile(): string {
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Values of the chart mongodbatlas-backup-exporter',
    // A parent chart may set `global`; this chart does not read it.
    ...keys({ ...VALUES, global: { type: 'object' } }),
  };
  return `${JSON.stringify(schema, (key, value: unknown) => (key === 'description' && value === '' ? undefined : value), 2)}\n`;
}

/** One row for each value, with its default from values.yaml. */
export function valuesTable(defaults: unknown): string {
  const rows = rowsOf(VALUES, defaults, '').map(
    ([key, fallback, meaning]) => `| \`${key}\` | ${fallback} | ${meaning} |`,
  );
  return ['| Value | Default | Meaning |', '|---|---|---|', ...rows].join('\n');
}

function rowsOf(
  values: Readonly<Record<string, ValueSchema>>,
  defaults: unknown,
  prefix: string,
): readonly (readonly [string, string, string])[] {
  return Object.entries(values).flatMap(([key, value]) => {
    const fallback = (defaults as Readonly<Record<string, unknown>>)[key];
    if (value.additionalProperties === false && value.description === undefined) {
      return rowsOf(value.properties ?? {}, fallback, `${prefix}${key}.`);
    }
    return [[prefix + key, fallback === '' ? '' : `\`${JSON.stringify(fallback)}\``, value.description ?? ''] as const];
  });
}

/** Without lookaheads, which Go's regular expressions lack, and without the `$schema` and the title of a separate file. */
function portable({ title: _title, $schema: _schema, ...schema }: JsonSchema & { $schema?: string; title?: string }) {
  return JSON.parse(JSON.stringify(schema).replaceAll('^(?=.)', '^')) as ValueSchema;
}
