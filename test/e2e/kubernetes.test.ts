/** The manifests as kubectl's kustomize builds them and the chart as helm renders it, both must pass the same tests. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { CHART, namesIn } from '../../scripts/deploy-copies.ts';
import { COMMANDS, FLAGS, variableOf } from '../../src/cli/flags.ts';
import { schemaProblems } from '../support/kubernetes-schema.ts';
import { chartWith, kubectl, only, podsIn, type Resource, resourcesIn } from '../support/manifests.ts';

interface Container {
  readonly args: readonly string[];
  readonly livenessProbe?: { readonly exec?: { readonly command: readonly string[] } };
}

const KUSTOMIZE = 'deploy/kubernetes';
const COMPONENTS = ['sharded', 'prometheus-operator', 'mtls'];
const folder = mkdtempSync(join(tmpdir(), 'kubernetes-'));
const valueFiles = namesIn(`${CHART}/ci`).map((name) => `${CHART}/ci/${name}`);

afterAll(() => rmSync(folder, { recursive: true }));

const builders: readonly (readonly [string, () => readonly Resource[]])[] = [
  ['base', () => kustomize(`${KUSTOMIZE}/base`)],
  ...COMPONENTS.map((name) => [`overlays/${name}`, () => kustomize(`${KUSTOMIZE}/overlays/${name}`)] as const),
  ['all components together', allComponents],
  ...valueFiles.map((file) => [file.slice(CHART.length + 1), () => chartWith('--values', file)] as const),
];
/** Each is built once, by the first test that needs it. */
const sources = builders.map(([name, build]) => {
  let built: readonly Resource[] | undefined;
  return [name, () => (built ??= build())] as const;
});

function kustomize(path: string): readonly Resource[] {
  const { code, output } = kubectl('kustomize', path);
  expect({ path, code, output: code === 0 ? '' : output }).toEqual({ path, code: 0, output: '' });
  return resourcesIn(output);
}

function allComponents(): readonly Resource[] {
  const path = (name: string) => relative(folder, join(process.cwd(), KUSTOMIZE, name));
  const components = COMPONENTS.map((name) => path(`components/${name}`));
  writeFileSync(join(folder, 'kustomization.yaml'), JSON.stringify({ resources: [path('base')], components }));
  return kustomize(folder);
}

test('Kubernetes and the Prometheus Operator know every field, and accept every value', async () => {
  expect(await schemaProblems(new Map(sources.map(([name, resourcesOf]) => [name, resourcesOf()])))).toEqual([]);
});

describe.each(sources)('%s', (name, resourcesOf) => {
  test('every pod follows the restricted Pod Security Standard, has no token and sets resources', () => {
    const pods = podsIn(resourcesOf());
    expect(pods).not.toEqual([]);
    for (const { spec } of pods) {
      expect(spec).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      });
      // OpenShift gives the ids itself.
      expect(spec.securityContext.runAsUser).toBe(name.includes('openshift') ? undefined : 65532);
      for (const container of spec.containers) {
        expect(container).toMatchObject({
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
          resources: { requests: { memory: '160Mi' }, limits: { memory: '384Mi' } },
        });
      }
    }
  });

  test('pods are started with existing commands and flags', () => {
    const containers = podsIn(resourcesOf()).flatMap(({ spec }) => spec.containers as Container[]);
    for (const { args, livenessProbe } of containers) {
      const probe = livenessProbe?.exec?.command.slice(2) ?? [];
      const [flags, commands] = [true, false].map((isFlag) =>
        [...args, ...probe].filter((word) => word.startsWith('--') === isFlag),
      );
      expect(Object.keys(COMMANDS)).toEqual(expect.arrayContaining(commands ?? []));
      const names = flags?.map((flag) => flag.slice(2).replace(/=.*/, ''));
      expect(FLAGS.map(({ name }) => name)).toEqual(expect.arrayContaining(names ?? []));
    }
  });

  test('every mount has a volume, and the config is a ConfigMap of these manifests or an existing one', () => {
    const resources = resourcesOf();
    for (const { spec } of podsIn(resources)) {
      const mounts = spec.containers.flatMap(({ volumeMounts = [] }) => volumeMounts as { name: string }[]);
      const volumes = (spec.volumes ?? []) as { name: string; configMap?: { name: string } }[];
      expect(mounts.map(({ name }: { name: string }) => name)).toEqual(volumes.map(({ name }) => name));
      const maps = resources.filter(({ kind }) => kind === 'ConfigMap').map(({ metadata }) => metadata.name);
      for (const { configMap } of volumes) if (configMap) expect([...maps, 'atlas-backup']).toContain(configMap.name);
    }
  });

  test('every pod selector selects the exporter, and a ServiceMonitor selects its Service', () => {
    const resources = resourcesOf();
    const workload = only(resources, 'Deployment', 'StatefulSet');
    const { labels } = workload.spec.template.metadata;
    expect(labels).toMatchObject(workload.spec.selector.matchLabels);
    const service = only(resources, 'Service');
    expect(labels).toMatchObject(service.spec.selector);
    for (const { kind, spec } of resources) {
      if (kind === 'NetworkPolicy') {
        expect(Object.keys(spec.podSelector.matchLabels)).toContain('app.kubernetes.io/name');
        expect(labels).toMatchObject(spec.podSelector.matchLabels);
      }
      if (kind === 'ServiceMonitor') expect(service.metadata.labels).toMatchObject(spec.selector.matchLabels);
    }
  });

  test('the number of shards equals the number of pods, each with its own name', () => {
    const resources = resourcesOf();
    const { kind, spec } = only(resources, 'Deployment', 'StatefulSet');
    const shardFlags = spec.template.spec.containers[0].args.filter((flag: string) => flag.startsWith('--shard'));
    if (kind === 'Deployment') expect({ shardFlags, replicas: spec.replicas }).toEqual({ shardFlags: [], replicas: 1 });
    else {
      expect(shardFlags).toEqual([`--shard.count=${spec.replicas}`]);
      const { metadata, spec: service } = only(resources, 'Service');
      expect({ name: spec.serviceName, ip: 'None' }).toEqual({ name: metadata.name, ip: service.clusterIP });
    }
  });

  test('probes request the health pages, over TLS if it is used, and with the command `health` if client certificates are required', () => {
    const [container] = only(resourcesOf(), 'Deployment', 'StatefulSet').spec.template.spec.containers;
    const { livenessProbe, readinessProbe, args } = container;
    const isGuarded = args.includes('--web.config.file=/run/secrets/web/web-config.yml');
    if (livenessProbe.exec) {
      expect(isGuarded).toBe(true);
      expect(livenessProbe.exec.command.slice(1, 3)).toEqual(['/app/dist/main.js', 'health']);
      expect(readinessProbe.exec).toEqual(livenessProbe.exec);
    } else {
      const scheme = isGuarded ? 'HTTPS' : 'HTTP';
      expect({ scheme: 'HTTP', ...livenessProbe.httpGet }).toEqual({ path: '/-/healthy', port: 'http', scheme });
      expect({ scheme: 'HTTP', ...readinessProbe.httpGet }).toEqual({ path: '/-/ready', port: 'http', scheme });
    }
  });

  test('monitors scrape the port of the pods, over TLS if it is used', () => {
    const resources = resourcesOf();
    const [container] = only(resources, 'Deployment', 'StatefulSet').spec.template.spec.containers;
    const isGuarded = container.args.includes('--web.config.file=/run/secrets/web/web-config.yml');
    for (const { spec } of resources.filter(({ kind }) => /^(Service|Pod)Monitor$/.test(kind))) {
      const [{ scheme = 'http', tlsConfig, port }, ...others] = spec.endpoints ?? spec.podMetricsEndpoints;
      expect({ scheme, port, others }).toEqual({ scheme: isGuarded ? 'https' : 'http', port: 'http', others: [] });
      expect(tlsConfig !== undefined).toBe(isGuarded);
    }
    const [{ containerPort: port }] = container.ports;
    expect(container.ports).toEqual([{ name: 'http', containerPort: port }]);
    expect(only(resources, 'Service').spec.ports).toEqual([{ name: 'http', port, targetPort: 'http' }]);
    const variable = { name: variableOf('web.listen-address'), value: `:${port}` };
    if (port !== 19017) expect(container.env).toContainEqual(variable);
  });

  test('a NetworkPolicy allows scrapes, DNS, and port 443 of the Internet, but not of the cluster', () => {
    for (const { spec } of resourcesOf().filter(({ kind }) => kind === 'NetworkPolicy')) {
      expect(spec.policyTypes).toEqual(['Ingress', 'Egress']);
      expect(spec.ingress).toHaveLength(1);
      expect(spec.ingress[0].ports).toEqual([{ protocol: 'TCP', port: 'http' }]);
      expect(spec.ingress[0].from).not.toEqual([]);
      const [names, atlas] = spec.egress;
      expect(names.ports).toEqual([
        { protocol: 'UDP', port: 53 },
        { protocol: 'TCP', port: 53 },
      ]);
      expect(atlas.ports).toEqual([{ protocol: 'TCP', port: 443 }]);
      const [{ ipBlock: four }, { ipBlock: six }] = atlas.to;
      expect([four.cidr, six.cidr]).toEqual(['0.0.0.0/0', '::/0']);
      expect(four.except).toEqual(
        expect.arrayContaining(['10.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16']),
      );
      expect(six.except).toEqual(expect.arrayContaining(['fc00::/7', 'fe80::/10']));
    }
  });
});
