/**
 * The values of the Helm chart, declared once: values.schema.json and the table of its README are made from this. What belongs
 * to the exporter's own config is checked by the exporter's own schema; what is Kubernetes' is left to Kubernetes.
 */
import { configJsonSchema, type JsonSchema } from '../src/config/json-schema.ts';

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
/** A name that can also be part of a volume's. */
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
  demo: flag('Run the demo, an Atlas of its own inside, instead of watching anything.'),
  config: {
    description:
      'The exporter’s config file, as docs/configuration.md has it. Ids in quotes, so that Helm takes none for a number.',
    ...portable(configJsonSchema()),
    // Nothing is required, as it may come from elsewhere; the templates tell what is missing.
    required: [],
  },
  existingConfigMap: text(
    'Instead of `config`: a ConfigMap with the key `mongodbatlas-backup-exporter.yml`, read again when it changes.',
  ),
  secrets: {
    description:
      'Names of Secrets in the same namespace. Each is mounted as the folder `/run/secrets/NAME`, for the `…_file` keys of `config`.',
    type: 'array',
    uniqueItems: true,
    items: { type: 'string', pattern: SECRET_NAME },
  },
  shards: {
    description: 'How many exporters share the projects; more than one are a StatefulSet.',
    type: 'integer',
    minimum: 1,
    maximum: 1000,
  },
  web: keys({
    configSecret: text(
      'A Secret with `web-config.yml`, which has `tls_server_config`, and with the files that it names. Mounted at `/run/secrets/web`.',
    ),
    clientCertificates: flag(
      'Whether that file requires clients’ certificates. Probes then run the program’s `health` with `probe.crt` and `probe.key` of that Secret.',
    ),
  }),
  extraArgs: {
    description: 'Further flags.',
    type: 'array',
    items: { type: 'string', pattern: '^--[a-z]' },
  },
  extraEnv: {
    description: 'Further variables, as in a container, such as `HTTPS_PROXY`.',
    type: 'array',
    items: {
      ...keys({ name: text('', { minLength: 1 }), value: text(''), valueFrom: object('') }),
      required: ['name'],
    },
  },
  image: keys({
    repository: text('The image, with its registry.', { minLength: 1 }),
    tag: text('Its tag. Empty: the version of the program.'),
    digest: text('Its digest, which then counts instead of the tag.', { pattern: '^(sha256:[0-9a-f]{64})?$' }),
    pullPolicy: text('When it is pulled.', { enum: ['Always', 'IfNotPresent', 'Never'] }),
  }),
  imagePullSecrets: objects('As in a pod.'),
  nameOverride: text('Instead of the chart’s name, in names and labels.'),
  fullnameOverride: text('Instead of the release’s and the chart’s name.'),
  service: keys({
    annotations: texts('Of the Service, which is headless.'),
  }),
  serviceAccount: keys({
    create: flag('Whether to make one; it has no rights and no token.'),
    name: text('Its name. Empty: that of the release, or `default` where none is made.'),
    annotations: texts('Of the ServiceAccount.'),
  }),
  networkPolicy: keys({
    enabled: flag('Let in only who is named here, and out only to DNS and to port 443 of the Internet.'),
    from: objects('Who may scrape and look: peers, as in a NetworkPolicy.'),
    extraEgress: objects(
      'Further rules for the way out, such as to a proxy, or to a name server outside of `kube-system`.',
    ),
  }),
  serviceMonitor: keys({
    enabled: flag('Let the Prometheus Operator’s Prometheus scrape it.'),
    labels: texts('By which that Prometheus selects it, such as `release`.'),
    interval: text('How often.', { pattern: `^${DURATION}$` }),
    scrapeTimeout: text('How long a scrape may take. Empty: as Prometheus has it.', { pattern: `^(${DURATION})?$` }),
    tlsConfig: object('As in a ServiceMonitor’s endpoint.'),
    basicAuth: object('As in a ServiceMonitor’s endpoint.'),
    relabelings: objects('As in a ServiceMonitor’s endpoint.'),
    metricRelabelings: objects('As in a ServiceMonitor’s endpoint.'),
  }),
  prometheusRule: keys({
    enabled: flag('Give the Prometheus Operator the alerts and recording rules.'),
    labels: texts('By which Prometheus selects them, such as `release`.'),
  }),
  dashboards: keys({
    enabled: flag('Make a ConfigMap of each Grafana dashboard.'),
    labels: texts('By which Grafana’s sidecar finds them.'),
    annotations: texts('Such as the folder, for the sidecar.'),
  }),
  resources: object('As in a container.'),
  podAnnotations: texts('Of the pods.'),
  podLabels: texts('Of the pods.'),
  priorityClassName: text('As in a pod.'),
  nodeSelector: texts('As in a pod.'),
  tolerations: objects('As in a pod.'),
  affinity: object('As in a pod.'),
  topologySpreadConstraints: objects('As in a pod.'),
};

export function valuesSchemaFile(): string {
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Values of the chart mongodbatlas-backup-exporter',
    // A parent chart may set `global`; nothing here reads it.
    ...keys({ ...VALUES, global: { type: 'object' } }),
  };
  return `${JSON.stringify(schema, (key, value: unknown) => (key === 'description' && value === '' ? undefined : value), 2)}\n`;
}

/** A row per value, with the default that values.yaml gives it. */
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

/** Without what Go's regular expressions lack, and without the `$schema` and the title of a file of its own. */
function portable({ title: _title, $schema: _schema, ...schema }: JsonSchema & { $schema?: string; title?: string }) {
  return JSON.parse(JSON.stringify(schema).replaceAll('^(?=.)', '^')) as ValueSchema;
}
