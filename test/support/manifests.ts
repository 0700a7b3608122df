/** Kubernetes' resources as kubectl and helm print them, and the rules for all our pods. */
import { parseAllDocuments } from 'yaml';
import { CHART } from '../../scripts/deploy-copies.ts';
import { runTool } from './tools.ts';

export interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  // biome-ignore lint/suspicious/noExplicitAny: a resource is whatever its kind makes of it; tests pick from it.
  readonly spec?: any;
  readonly data?: Readonly<Record<string, string>>;
}

const HOW_TO_GET = 'It is not on the PATH; .ci/get-helm-kubectl FOLDER brings helm and kubectl';

export function kubectl(...args: readonly string[]) {
  return runTool('kubectl', args, '', HOW_TO_GET);
}

export function helm(...args: readonly string[]) {
  return runTool('helm', args, '', HOW_TO_GET);
}

/** The resources of the chart with these values; fails if helm refuses them. */
export function chartWith(...values: readonly string[]): readonly Resource[] {
  const { code, output } = helm('template', 'release', CHART, '--namespace', 'atlas', ...values);
  if (code !== 0) throw new Error(`helm template ${values.join(' ')}: ${output}`);
  return resourcesIn(output);
}

export function only(resources: readonly Resource[], ...kinds: readonly string[]): Resource {
  const [found, ...others] = resources.filter(({ kind }) => kinds.includes(kind));
  if (found === undefined || others.length > 0) throw new Error(`not one ${kinds.join(' or ')}`);
  return found;
}

export function resourcesIn(text: string): readonly Resource[] {
  return parseAllDocuments(text)
    .map((document) => {
      const [error] = document.errors;
      if (error) throw error;
      return document.toJS() as Resource | null;
    })
    .filter((resource) => resource !== null);
}

/** The pods of deployments, stateful sets and tests. */
export function podsIn(resources: readonly Resource[]): readonly Resource[] {
  return resources.flatMap((one) => {
    if (one.kind === 'Pod') return [one];
    return one.spec?.template?.spec === undefined ? [] : [{ kind: 'Pod', ...one.spec.template } as Resource];
  });
}
