/** Kubernetes' resources as kubectl and helm print them, and the rules for all our pods. */
import { parseAllDocuments } from 'yaml';
import { runTool } from './tools.ts';

export interface Resource {
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

export function resourcesIn(text: string): readonly Resource[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS() as Resource | null)
    .filter((resource) => resource !== null);
}

/** The pods of deployments, stateful sets and tests. */
export function podsIn(resources: readonly Resource[]): readonly Resource[] {
  return resources.flatMap((one) => {
    if (one.kind === 'Pod') return [one];
    return one.spec?.template?.spec === undefined ? [] : [{ kind: 'Pod', ...one.spec.template } as Resource];
  });
}
