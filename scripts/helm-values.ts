/**
 * The values of the Helm chart, declared once. values.schema.json and the table in the chart's README are made from this list. The
 * exporter's own schema checks `config`; Kubernetes checks its own objects.
 */

import { configSchema } from '../src/config/schema.ts';
import { type JsonSchema, toJsonSchema } from './json-schema.ts';
import type { Rule } from './rules/promql.ts';

/** The part of JSON Schema that describes a value. */
interface ValueSchema extends Omit<JsonSchema, 'properties' | 'required' | 'items' | 'anyOf' | 'const'> {
  readonly properties?: Readonly<Record<string, ValueSchema>>;
  readonly additionalProperties?: false | ValueSchema;
  readonly items?: ValueSchema;
  readonly anyOf?: readonly ValueSchema[];
  readonly required?: readonly string[];
  readonly enum?: readonly string[];
  readonly minLength?: number;
}

const OPTIONAL_DURATION = { pattern: '^([0-9]+(ms|s|m|h))?$' };
const OPTIONAL_URL = { pattern: '^(https?://[^ ]+)?$' };
/** A name that can also be part of a volume's name. */
const SECRET_NAME = '^[a-z0-9]([-a-z0-9]{0,54}[a-z0-9])?$';

const text = (description: string, more: ValueSchema = {}): ValueSchema => ({ description, type: 'string', ...more });
const number = (description: string): ValueSchema => ({ description, type: 'number', minimum: 0 });
const flag = (description: string): ValueSchema => ({ description, type: 'boolean' });
const object = (description: string): ValueSchema => ({ description, type: 'object' });
const objects = (description: string): ValueSchema => ({ description, type: 'array', items: { type: 'object' } });
const texts = (description: string): ValueSchema => ({ ...object(description), additionalProperties: text('') });
const names = (description: string): ValueSchema => ({ description, type: 'array', items: { type: 'string' } });
const keys = (properties: Readonly<Record<string, ValueSchema>>): ValueSchema => ({
  type: 'object',
  properties,
  additionalProperties: false,
});

const endpoint = { description: 'Passed to the monitor’s endpoint unchanged.' };
const monitor = (kind: string, labels: Readonly<Record<string, ValueSchema>>): ValueSchema =>
  keys({
    enabled: flag(`Create a ${kind} for the Prometheus Operator.`),
    namespace: text(`The namespace of the ${kind}. If empty, that of the release.`),
    labels: texts(`Labels by which Prometheus selects the ${kind}, such as \`release\`.`),
    jobLabel: text('The label whose value becomes the label `job`. If empty, the default of the Prometheus Operator.'),
    ...labels,
    sampleLimit: { ...number('Maximum number of samples in a scrape. 0 for no limit.'), type: 'integer' },
    honorLabels: flag('Whether the exporter’s labels win over labels of the same name that Prometheus adds.'),
    interval: text('Interval between scrapes. If empty, the default of Prometheus.', OPTIONAL_DURATION),
    scrapeTimeout: text('Timeout of a scrape. If empty, the default of Prometheus.', OPTIONAL_DURATION),
    tlsConfig: { ...endpoint, type: 'object' },
    basicAuth: { ...endpoint, type: 'object' },
    relabelings: objects(endpoint.description),
    metricRelabelings: objects(endpoint.description),
  });
const probe = (path: string): ValueSchema =>
  object(`Keys of this probe that replace the chart’s, such as \`periodSeconds\`. By default it requests \`${path}\`.`);

type Values = Readonly<Record<string, ValueSchema>>;

/** @param rules those of deploy/prometheus: values name their alerts and thresholds */
const valuesFor = (rules: readonly Rule[]): Values => ({
  global: {
    type: 'object',
    properties: {
      imageRegistry: text('Replaces `image.registry`, as in other charts of the same parent.'),
      imagePullSecrets: {
        ...objects('Added to `imagePullSecrets`: names, or objects with a name.'),
        items: { anyOf: [{ type: 'object', required: ['name'] }, { type: 'string' }] },
      },
    },
  },
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
      'Names of Secrets in the same namespace. Each is mounted at `/run/secrets/NAME`, once, for the `…_file` keys of `config`.',
    type: 'array',
    items: { type: 'string', pattern: SECRET_NAME },
  },
  shards: {
    description: 'Number of exporters that share the projects. With more than one the chart creates a StatefulSet.',
    type: 'integer',
    minimum: 1,
    maximum: 1000,
  },
  port: {
    description: 'The port of the exporter. The Service, the probes, the monitors and `helm test` follow it.',
    type: 'integer',
    minimum: 1,
    maximum: 65535,
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
  extraEnvFrom: objects('Sources of further environment variables, as `envFrom` in a container.'),
  extraVolumes: objects('Further volumes of the pods.'),
  extraVolumeMounts: objects('Where the container mounts them.'),
  extraManifests: {
    description:
      'Further resources to install with the release: objects, or texts of YAML. Templates such as `{{ .Release.Name }}` are filled in.',
    type: 'array',
    items: { anyOf: [{ type: 'object' }, { type: 'string' }] },
  },
  image: keys({
    registry: text('The registry of the image.'),
    repository: text(
      'The image. If it begins with a host, such as `registry.example.com/name`, no registry is added.',
      {
        minLength: 1,
      },
    ),
    tag: text('The tag of the image. If empty, the version of the program.'),
    digest: text('The digest of the image, used instead of the tag.', { pattern: '^(sha256:[0-9a-f]{64})?$' }),
    pullPolicy: text('The pull policy of the image.', { enum: ['Always', 'IfNotPresent', 'Never'] }),
  }),
  imagePullSecrets: objects('Passed to the pods unchanged.'),
  nameOverride: text('Replaces the chart’s name in names and labels.'),
  fullnameOverride: text('Replaces the whole name, made of the names of release and chart.'),
  commonLabels: texts('Labels of all resources and pods.'),
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
  serviceMonitor: monitor('ServiceMonitor', {
    targetLabels: names('Labels of the Service that become labels of all its series.'),
  }),
  podMonitor: monitor('PodMonitor', {
    podTargetLabels: names('Labels of the pods that become labels of all their series.'),
  }),
  prometheusRule: keys({
    enabled: flag('Create a PrometheusRule with the alerts and recording rules.'),
    namespace: text('The namespace of the PrometheusRule. If empty, that of the release.'),
    labels: texts('Labels by which Prometheus selects the rules, such as `release`.'),
    additionalRuleLabels: texts('Labels of all alerts, such as `team`. They replace labels of the same name.'),
    additionalRuleAnnotations: texts('Annotations of all alerts. They replace annotations of the same name.'),
    runbookBaseUrl: text('The address of the runbooks’ folder, if you keep your own.', OPTIONAL_URL),
    statusPageBaseUrl: text('The address of the exporter’s status page: alerts link to it.', OPTIONAL_URL),
    dashboardBaseUrl: text('The address of Grafana’s dashboard of a cluster: alerts link to it.', OPTIONAL_URL),
    ...ruleValues(rules),
  }),
  dashboards: keys({
    enabled: flag('Create a ConfigMap for each Grafana dashboard.'),
    labels: texts('Labels by which Grafana’s sidecar finds the dashboards.'),
    annotations: texts('Annotations for the sidecar, such as the folder.'),
  }),
  resources: object('Passed to the container unchanged.'),
  podSecurityContext: object(
    'The security context of the pods. A key that is set to `null` is left out, such as `runAsUser` on OpenShift.',
  ),
  securityContext: object('The security context of the container. A key that is set to `null` is left out.'),
  livenessProbe: probe('/-/healthy'),
  readinessProbe: probe('/-/ready'),
  startupProbe: object('A startup probe, with the same request as the liveness probe if it has none of its own.'),
  deploymentAnnotations: texts('Annotations of the Deployment, or of the StatefulSet.'),
  podAnnotations: texts('Annotations of the pods.'),
  podLabels: texts('Labels of the pods.'),
  hostAliases: objects('Passed to the pods unchanged.'),
  dnsConfig: object('Passed to the pods unchanged.'),
  priorityClassName: text('Passed to the pods unchanged.'),
  nodeSelector: texts('Passed to the pods unchanged.'),
  tolerations: objects('Passed to the pods unchanged.'),
  affinity: object('Passed to the pods unchanged.'),
  topologySpreadConstraints: objects('Passed to the pods unchanged.'),
});

/** The alerts to leave out are named as in the rules, and so are the thresholds, without the prefix of their records. */
function ruleValues(rules: readonly Rule[]): Values {
  const alerts = rules.flatMap(({ alert }) => alert ?? []);
  const thresholds = rules.flatMap(({ record, expr }) => {
    const [, name] = /^threshold:mongodbatlas_backup_export_(.*)/.exec(record ?? '') ?? [];
    return name === undefined ? [] : [[name, expr.replace(/^vector\((.*)\)$/, '$1')] as const];
  });
  const defaults = thresholds.map(([name, value]) => `\`${name}\` ${value}`).join(', ');
  return {
    disabled: { description: 'Names of alerts to leave out.', type: 'array', items: { type: 'string', enum: alerts } },
    thresholds: {
      description: `Numbers of the alerts to change, by name. The names and their defaults: ${defaults}.`,
      ...keys(Object.fromEntries(thresholds.map(([name]) => [name, number('')]))),
    },
  };
}

export function valuesSchemaFile(rules: readonly Rule[]): string {
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Values of the chart mongodbatlas-backup-exporter',
    // A parent chart may switch this chart on and off by the condition `NAME.enabled`, which reaches the chart as a value.
    ...keys({ ...valuesFor(rules), enabled: { type: 'boolean' } }),
  };
  return `${JSON.stringify(schema, (key, value: unknown) => (key === 'description' && value === '' ? undefined : value), 2)}\n`;
}

/** One row for each value, with its default from values.yaml. */
export function valuesTable(rules: readonly Rule[], defaults: unknown): string {
  const rows = rowsOf(valuesFor(rules), defaults, '').map(
    ([key, fallback, meaning]) => `| \`${key}\` | ${fallback} | ${meaning} |`,
  );
  return ['| Value | Default | Meaning |', '|---|---|---|', ...rows].join('\n');
}

function rowsOf(values: Values, defaults: unknown, prefix: string): readonly (readonly [string, string, string])[] {
  return Object.entries(values).flatMap(([key, value]) => {
    const fallback = (defaults as Readonly<Record<string, unknown>>)[key];
    if (value.properties !== undefined && value.description === undefined) {
      return rowsOf(value.properties ?? {}, fallback, `${prefix}${key}.`);
    }
    return [[prefix + key, fallback === '' ? '' : `\`${JSON.stringify(fallback)}\``, value.description ?? ''] as const];
  });
}

/** Without lookaheads, which Go's regular expressions lack, and without the `$schema` and the title of a separate file. */
function portable({ title: _title, $schema: _schema, ...schema }: JsonSchema & { $schema?: string; title?: string }) {
  return JSON.parse(JSON.stringify(schema).replaceAll('^(?=.)', '^')) as ValueSchema;
}
