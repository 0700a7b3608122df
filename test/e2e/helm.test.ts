/** What the chart promises beside the manifests that kubernetes.test.ts checks: values that it refuses, changes, and passes on. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { CHART, namesIn } from '../../scripts/deploy-copies.ts';
import { ruleGroups } from '../../scripts/rules/index.ts';
import { variableOf } from '../../src/cli/flags.ts';
import { schemaProblems } from '../support/kubernetes-schema.ts';
import { chartWith, helm, kubectl, only, podsIn, type Resource, resourcesIn } from '../support/manifests.ts';
import { runTool } from '../support/tools.ts';

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

const folder = mkdtempSync(join(tmpdir(), 'helm-'));
const ci = (name: string) => `${CHART}/ci/${name}-values.yaml`;

afterAll(() => rmSync(folder, { recursive: true }));

/** The resources with these values, of an existing config unless they say otherwise. */
function render(values: object): readonly Resource[] {
  const file = join(folder, 'values.yaml');
  writeFileSync(file, stringify({ existingConfigMap: 'atlas-backup', ...values }));
  return chartWith('--values', file);
}

function podOf(resources: readonly Resource[]) {
  const { spec } = only(resources, 'Deployment', 'StatefulSet').spec.template;
  return { spec, container: spec.containers[0] };
}

function rulesOf(values: object): readonly Rule[] {
  const { groups } = only(render({ prometheusRule: { enabled: true, ...values } }), 'PrometheusRule').spec;
  return groups.flatMap(({ rules }: { rules: readonly Rule[] }) => rules);
}

test.each(namesIn(`${CHART}/ci`))('helm lint finds no problem with %s', (name) => {
  const { code, output } = helm('lint', '--strict', CHART, '--values', `${CHART}/ci/${name}`);
  expect({ code, complaints: output.match(/\[(WARNING|ERROR)\].*/g) }).toEqual({ code: 0, complaints: null });
});

describe('values that make no sense are refused', () => {
  test.each([
    ['a value', 'shard=3', "additional properties 'shard' not allowed"],
    ['a value inside of another', 'serviceMonitor.intervall=1m', "additional properties 'intervall' not allowed"],
    ['a key of the config', 'config.polling.idel_interval=5m', "additional properties 'idel_interval' not allowed"],
    ['a duration in the config', 'config.polling.interval=5', 'got number, want string'],
    ['a number', 'shards=0', 'minimum'],
    ['a flag', 'extraArgs[0]=log.level', 'does not match pattern'],
    ['the name of an alert', 'prometheusRule.disabled[0]=AtlasBackupExportOverdu', 'value must be one of'],
    ['the name of a threshold', 'prometheusRule.thresholds.staled=1', "additional properties 'staled' not allowed"],
  ])('a mistake in %s', (_what, setting, words) => {
    const { code, output } = helm('template', 'release', CHART, '--set', setting);
    expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining(words) });
  });

  test.each([
    ['nothing to monitor', ['demo=false']],
    ['exclude each other', ['demo=true', 'existingConfigMap=mine']],
    ['config.targets is missing', ['config.polling.interval=1m']],
    ['demo has no shards', ['demo=true', 'shards=2']],
    ['needs web.configSecret', ['demo=true', 'web.clientCertificates=true']],
    ['scrape each pod twice', ['demo=true', 'serviceMonitor.enabled=true', 'podMonitor.enabled=true']],
    ['set port instead', ['demo=true', 'extraArgs[0]=--web.listen-address=:9090']],
    ['set port instead', ['demo=true', `extraEnv[0].name=${variableOf('web.listen-address')}`]],
    ['rename the Secret web', ['demo=true', 'secrets[0]=web', 'web.configSecret=mine']],
  ])('together: %s', (words, settings) => {
    const { code, output } = helm('template', 'release', CHART, ...settings.flatMap((one) => ['--set', one]));
    expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining(words) });
  });

  test('ids and names without quotes if Helm would change them; else they stay as written', () => {
    const file = join(folder, 'unquoted.yaml');
    const config = (groupId: string, clusters: string) =>
      `config: { targets: [ { group_id: ${groupId}, clusters: ${clusters} } ] }\n`;
    writeFileSync(file, config('523456789012345678901234', '[true, 2026]'));
    const { code, output } = helm('template', 'release', CHART, '--values', file);
    expect(code).toBe(1);
    for (const place of ['group_id', 'clusters/0', 'clusters/1']) {
      expect(output).toMatch(new RegExp(`/config/targets/0/${place}': got \\w+, want string`));
    }
    writeFileSync(file, config('"523456789012345678901234"', '[9e999, "true", "2026"]'));
    const [text] = chartWith('--values', file).flatMap(({ data }) => Object.values(data ?? {}));
    expect(text).toContain('group_id: "523456789012345678901234"');
    expect(text).toMatch(/- 9e999\n *- "true"\n *- "2026"\n/);
  });
});

describe('pods', () => {
  test('a Secret that is named twice is mounted once, also if it is the Secret of the web config', () => {
    const resources = render({ secrets: ['atlas', 'web', 'atlas'], web: { configSecret: 'web' } });
    const { volumes } = podOf(resources).spec;
    expect(volumes.map((volume: { secret?: { secretName: string } }) => volume.secret?.secretName)).toEqual([
      undefined,
      'atlas',
      'web',
    ]);
  });

  test('the port is changed in one place', () => {
    const values = ['port=8080', 'existingConfigMap=x', 'web.configSecret=web', 'web.clientCertificates=true'];
    const settings = ['--set', values.join(',')];
    const guarded = helm('template', 'release', CHART, ...settings).output;
    const plain = helm('template', 'release', CHART, '--set', 'port=8080,existingConfigMap=x,shards=2').output;
    const notes = helm('install', 'release', CHART, '--dry-run=client', ...settings).output;
    expect(guarded).toContain('--url=https://localhost:8080');
    expect(plain).toContain(
      '--url=http://release-mongodbatlas-backup-exporter-1.release-mongodbatlas-backup-exporter:8080',
    );
    expect(notes).toContain('https://localhost:8080/');
    for (const text of [guarded, plain, notes]) expect(text).not.toContain('19017');
  });

  test('a key of a security context that is set to null is left out, and the others stay', () => {
    const { spec, container } = podOf(
      render({ podSecurityContext: { runAsUser: null, fsGroup: null }, securityContext: { capabilities: null } }),
    );
    expect(spec.securityContext).toEqual({
      runAsNonRoot: true,
      runAsGroup: 65532,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(container.securityContext).toEqual({ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true });
  });

  test('keys of a probe replace the chart’s, and another kind of request replaces the whole request', () => {
    const { container } = podOf(
      render({
        livenessProbe: { periodSeconds: 0 },
        readinessProbe: { tcpSocket: { port: 'http' } },
        startupProbe: {},
      }),
    );
    expect(container.livenessProbe).toMatchObject({ periodSeconds: 0, httpGet: { path: '/-/healthy' } });
    expect(container.readinessProbe).toEqual({ tcpSocket: { port: 'http' }, periodSeconds: 5, timeoutSeconds: 5 });
    expect(container).not.toHaveProperty('startupProbe');
  });

  test.each([
    ['the registry of releases', {}, 'ghcr.io/mongodbatlas-backup-exporter/mongodbatlas-backup-exporter'],
    [
      'global.imageRegistry',
      { global: { imageRegistry: 'mirror:5000' } },
      'mirror:5000/mongodbatlas-backup-exporter/mongodbatlas-backup-exporter',
    ],
    ['image.registry', { image: { registry: 'quay.io', repository: 'me/it' } }, 'quay.io/me/it'],
    [
      'a repository with its registry',
      { global: { imageRegistry: 'mirror:5000' }, image: { repository: 'registry.example.com/it' } },
      'registry.example.com/it',
    ],
  ])('the image comes from %s', (_where, values, image) => {
    const images = podsIn(render(values)).flatMap(({ spec }) =>
      spec.containers.map((one: { image: string }) => one.image),
    );
    const { appVersion } = parse(readFileSync(`${CHART}/Chart.yaml`, 'utf8')) as { appVersion: string };
    expect(images).toEqual([`${image}:${appVersion}`, `${image}:${appVersion}`]);
  });

  test('pull secrets of the parent chart and of this one go to every pod, each once', () => {
    const pods = podsIn(chartWith('--values', ci('air-gapped')));
    const secrets = [{ name: 'registry' }, { name: 'mirror' }];
    expect(pods.map(({ spec }) => spec.imagePullSecrets)).toEqual([secrets, secrets]);
  });

  test('commonLabels are on everything; the labels that selectors need can’t be replaced', () => {
    const resources = render({
      commonLabels: { team: 'databases', 'app.kubernetes.io/name': 'other' },
      podLabels: { team: 'backup', 'app.kubernetes.io/instance': 'other' },
      dashboards: { enabled: true },
      prometheusRule: { enabled: true },
      podMonitor: { enabled: true },
      networkPolicy: { enabled: true },
    });
    for (const { metadata } of resources) expect(metadata.labels).toMatchObject({ team: 'databases' });
    const { selector, template } = only(resources, 'Deployment').spec;
    expect(template.metadata.labels).toMatchObject({ team: 'backup', ...selector.matchLabels });
    expect(selector.matchLabels['app.kubernetes.io/name']).toBe('mongodbatlas-backup-exporter');
  });

  test('extraManifests are installed, with their templates filled in', () => {
    const maps = chartWith('--values', ci('corporate-proxy')).filter(({ kind }) => kind === 'ConfigMap');
    expect(maps.map(({ metadata }) => metadata.name)).toEqual(expect.arrayContaining(['proxy', 'company-ca']));
    expect(maps.flatMap(({ data }) => data?.['NO_PROXY'] ?? [])).toEqual(['atlas.svc']);
  });
});

describe('monitors', () => {
  test('a monitor in another namespace scrapes the namespace of the release', () => {
    const { metadata, spec } = only(chartWith('--values', ci('kube-prometheus-stack')), 'ServiceMonitor');
    expect(metadata).toMatchObject({ namespace: 'monitoring', labels: { release: 'monitoring' } });
    expect(spec).toMatchObject({
      namespaceSelector: { matchNames: ['atlas'] },
      jobLabel: 'app.kubernetes.io/name',
      targetLabels: ['team'],
      sampleLimit: 50000,
    });
    // An empty interval is left to Prometheus.
    expect(spec.endpoints).toEqual([{ port: 'http', scheme: 'http', honorLabels: true }]);
  });

  test('labels that a monitor copies exist on the Service or on the pods', () => {
    const [stack, openshift] = ['kube-prometheus-stack', 'openshift'].map((name) => chartWith('--values', ci(name)));
    expect(only(stack ?? [], 'Service').metadata.labels).toHaveProperty('team');
    const { podTargetLabels } = only(openshift ?? [], 'PodMonitor').spec;
    expect(podTargetLabels).toEqual(['team']);
    expect(only(openshift ?? [], 'Deployment').spec.template.metadata.labels).toHaveProperty('team');
  });
});

describe('rules', () => {
  const plain = ruleGroups('namespace, job').flatMap(({ rules }) => rules) as readonly Rule[];

  test('without settings they are those of the kustomize component', () => {
    const { code, output } = kubectl('kustomize', 'deploy/kubernetes/overlays/prometheus-operator');
    expect(code).toBe(0);
    const groups = only(resourcesIn(output), 'PrometheusRule').spec.groups;
    expect(only(render({ prometheusRule: { enabled: true } }), 'PrometheusRule').spec.groups).toEqual(groups);
  });

  test('alerts get further labels and annotations, records do not', () => {
    const rules = rulesOf({
      additionalRuleLabels: { team: 'x' },
      additionalRuleAnnotations: { summary: '{{ $value }}' },
    });
    for (const { alert, labels, annotations } of rules) {
      expect(labels?.['team']).toBe(alert === undefined ? undefined : 'x');
      if (alert) expect(annotations?.['summary']).toBe('{{ $value }}');
      if (alert) expect(labels).toHaveProperty('severity');
    }
  });

  test('disabled alerts are left out, and nothing else', () => {
    const disabled = ['AtlasBackupExportOverdue', 'AtlasBackupExporterDown'];
    const names = (rules: readonly Rule[]) => rules.map(({ alert, record }) => alert ?? record);
    expect(names(rulesOf({ disabled }))).toEqual(names(plain).filter((name) => !disabled.includes(name ?? '')));
  });

  test('a threshold is changed by its name, and all others stay', () => {
    const changed = rulesOf({ thresholds: { stalled_seconds: 172800, shrunk_ratio: 0.75, retired_seconds: 1e7 } });
    const numbers = (rules: readonly Rule[]) =>
      new Map(rules.flatMap(({ record, expr }) => (record?.startsWith('threshold:') ? [[record, expr] as const] : [])));
    const expected = numbers(plain);
    const prefix = 'threshold:mongodbatlas_backup_export_';
    expected.set(`${prefix}stalled_seconds`, 'vector(172800)');
    expected.set(`${prefix}shrunk_ratio`, 'vector(0.75)');
    expected.set(`${prefix}retired_seconds`, 'vector(1e+07)');
    expect(numbers(changed)).toEqual(expected);
  });

  test('alerts link to the base addresses, without a slash at the end', () => {
    const rules = rulesOf({
      statusPageBaseUrl: 'https://backup.example.com/',
      dashboardBaseUrl: 'https://g.example/d/1',
    });
    const overdue = rules.find(({ alert }) => alert === 'AtlasBackupExportOverdue')?.annotations;
    expect(overdue?.['status_page']).toMatch(/^\{\{ \$status_page := "https:\/\/backup\.example\.com" \}\}/);
    expect(overdue?.['dashboard']).toMatch(/^\{\{ \$dashboard := "https:\/\/g\.example\/d\/1" \}\}/);
    const down = rules.find(({ alert }) => alert === 'AtlasBackupExporterDown')?.annotations;
    expect(down?.['status_page']).toContain('"https://backup.example.com"');
    expect(down).not.toHaveProperty('dashboard');
  });

  test('promtool accepts them with all settings', () => {
    const { groups } = only(chartWith('--values', ci('kube-prometheus-stack')), 'PrometheusRule').spec;
    const file = join(folder, 'rules.yml');
    writeFileSync(file, stringify({ groups }));
    const { code, output } = runTool('promtool', ['check', 'rules', file]);
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('SUCCESS') });
  });

  test('runbooks are in the folder of one’s own', () => {
    for (const { alert, annotations } of rulesOf({ runbookBaseUrl: 'https://wiki.example.com/$1/' })) {
      if (alert) expect(annotations?.['runbook_url']).toBe(`https://wiki.example.com/$1/${alert}.md`);
    }
  });
});

test('each dashboard is a ConfigMap that Grafana’s sidecar finds', () => {
  const maps = render({ dashboards: { enabled: true } }).filter(
    ({ metadata }) => metadata.labels?.['grafana_dashboard'] === '1',
  );
  expect(maps.flatMap(({ data }) => Object.keys(data ?? {}))).toEqual(namesIn(`${CHART}/files/dashboards`));
  for (const { data } of maps) for (const text of Object.values(data ?? {})) JSON.parse(text);
});

describe('in an umbrella chart', () => {
  const parent = join(folder, 'parent');
  mkdirSync(join(parent, 'charts'), { recursive: true });
  cpSync(CHART, join(parent, 'charts', basename(CHART)), { recursive: true });
  const dependency = { name: basename(CHART), version: '>0.0.0', alias: 'backup', condition: 'backup.enabled' };
  writeFileSync(
    join(parent, 'Chart.yaml'),
    stringify({ apiVersion: 'v2', name: 'parent', version: '1.0.0', dependencies: [dependency] }),
  );

  function renderParent(backup: object) {
    const global = { imageRegistry: 'mirror.example.com', imagePullSecrets: ['mirror'], ofAnotherChart: { a: 1 } };
    writeFileSync(join(parent, 'values.yaml'), stringify({ global, backup }));
    return helm('template', 'release', parent);
  }

  test('it can be switched on, obeys the global values, and its keys can be set to null', async () => {
    const { code, output } = renderParent({ enabled: true, demo: true, podSecurityContext: { runAsUser: null } });
    expect({ code, output }).toEqual({ code: 0, output: expect.anything() });
    const resources = resourcesIn(output);
    expect(await schemaProblems(new Map([['umbrella', resources]]))).toEqual([]);
    const { spec, container } = podOf(resources);
    expect(container.image).toMatch(/^mirror\.example\.com\//);
    expect(spec.imagePullSecrets).toEqual([{ name: 'mirror' }]);
    expect(spec.securityContext.runAsUser ?? null).toBeNull();
    expect(spec.securityContext.runAsNonRoot).toBe(true);
  });

  test('it can be switched off', () => {
    expect(resourcesIn(renderParent({ enabled: false, demo: true }).output)).toEqual([]);
  });

  test('it still refuses unknown values', () => {
    const { code, output } = renderParent({ enabled: true, demo: true, enable: true });
    expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining("'enable' not allowed") });
  });
});
