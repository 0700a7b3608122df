/** `--target GROUP_ID/CLUSTER`: what a config file says of targets, in its shortest form. */
import { quote } from './problems.ts';
import { CLUSTER_NAME, CLUSTER_NAME_FORM, GROUP_ID, GROUP_ID_FORM } from './schema.ts';

export interface Pair {
  readonly groupId: string;
  readonly cluster: string;
}

export type Pairs = { readonly pairs: readonly Pair[]; readonly problems: readonly string[] };

export function parsePairs(texts: readonly string[]): Pairs {
  const pairs: Pair[] = [];
  const problems: string[] = [];
  for (const [index, text] of texts.entries()) {
    const [groupId = '', cluster, ...rest] = text.split('/');
    const wrong = wrongWith(groupId, cluster, rest) ?? (texts.indexOf(text) < index ? 'is given twice' : undefined);
    if (wrong === undefined && cluster !== undefined) pairs.push({ groupId, cluster });
    else problems.push(`--target ${quote(text)}: ${wrong}`);
  }
  return { pairs, problems };
}

function wrongWith(groupId: string, cluster: string | undefined, rest: readonly string[]): string | undefined {
  if (cluster === undefined || rest.length > 0) return 'write the project’s id, a slash and the name of one cluster';
  if (!GROUP_ID.test(groupId)) return `the part before the slash is no project id: ${GROUP_ID_FORM}`;
  if (!CLUSTER_NAME.test(cluster)) return `the part after the slash is no cluster name: ${CLUSTER_NAME_FORM}`;
  return undefined;
}
