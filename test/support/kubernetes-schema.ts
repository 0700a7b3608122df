/**
 * Checks resources as an API server would: by the schemas of Kubernetes and of the Prometheus Operator, without unknown fields. The
 * npm packages of these schemas check types, formats and required fields; their TypeScript types find the unknown fields.
 */
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Resource } from './manifests.ts';
import { runTool } from './tools.ts';

type Models = Readonly<Record<string, new (resource: object) => { validate(): void }>>;

/** Where the resources come from, and these. */
export type Rendered = ReadonlyMap<string, readonly Resource[]>;

/** What an API server would refuse; one text for each problem, which begins with the name of the source. */
export async function schemaProblems(rendered: Rendered): Promise<readonly string[]> {
  const all = [...rendered].flatMap(([source, resources]) => resources.map((one) => ({ source, one })));
  const models = new Map<string, Models>();
  for (const { one } of all) models.set(packageOf(one), (await import(packageOf(one))) as Models);
  const wrong = all.flatMap(({ source, one }) => {
    const problem = validate(models.get(packageOf(one)) ?? {}, one) ?? namesProblem(one);
    return problem === undefined ? [] : [`${source} ${one.kind}: ${problem}`];
  });
  return [...wrong, ...unknownFields(rendered)];
}

function packageOf({ apiVersion }: Resource): string {
  const [group] = apiVersion.split('/');
  return group === 'monitoring.coreos.com'
    ? `@kubernetes-models/prometheus-operator/${apiVersion}`
    : `kubernetes-models/${apiVersion}`;
}

function validate(models: Models, resource: Resource): string | undefined {
  const Model = models[resource.kind];
  if (Model === undefined) return `${resource.apiVersion} has no ${resource.kind}`;
  try {
    new Model(resource).validate();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** The schemas do not contain the rules for names and labels, and that names in a pod are unique. */
function namesProblem({ kind, metadata, spec }: Resource): string | undefined {
  const template = spec?.template ?? (kind === 'Pod' ? { metadata, spec } : undefined);
  const labels = [metadata.labels, template?.metadata.labels].flatMap((some) => Object.entries<string>(some ?? {}));
  for (const [key, value] of labels) {
    if (!/^([a-z0-9.-]+\/)?[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?$/.test(key))
      return `the label ${key} is no valid name`;
    if (!/^([A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?)?$/.test(value))
      return `the label ${key} has no valid value: ${value}`;
  }
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(metadata.name)) return `${metadata.name} is no valid name`;
  const containers: readonly Record<string, Record<string, string>[]>[] = template?.spec.containers ?? [];
  const unique = [
    ...containers.flatMap(({ env, ports, volumeMounts: mounts }) => [
      names(env),
      names(ports),
      names(mounts, 'mountPath'),
    ]),
    names(template?.spec.volumes),
    names(template?.spec.imagePullSecrets),
  ];
  const doubled = unique.flatMap((some) => some.filter((name, index) => some.indexOf(name) !== index));
  return doubled.length === 0 ? undefined : `twice: ${doubled.join(', ')}`;
}

function names(objects: readonly Record<string, string>[] | undefined, key = 'name'): readonly (string | undefined)[] {
  return objects?.map((object) => object[key]) ?? [];
}

/** TypeScript reports properties of an object literal that its type lacks. */
function unknownFields(rendered: Rendered): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'kubernetes-types-'));
  symlinkSync(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
  const compilerOptions = { strict: true, noEmit: true, skipLibCheck: true, module: 'nodenext', types: [] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
  for (const [source, resources] of rendered) {
    const constants = resources.map((one, index) => {
      const type = `import(${JSON.stringify(packageOf(one))}).I${one.kind}`;
      return `export const ${one.kind}${index}: ${type} = ${JSON.stringify(one, null, 1)};\n`;
    });
    writeFileSync(join(folder, `${source.replaceAll(/[^a-z]+/g, '-')}.mts`), constants.join(''));
  }
  const { output } = runTool('node_modules/.bin/tsc', ['--project', folder, '--pretty', 'false']);
  rmSync(folder, { recursive: true });
  return output.split('\n').filter((line) => line !== '');
}
