/** Parses `--target GROUP_ID/CLUSTER`. */
import type { Checked } from '../support/checked.ts';
import { quote } from './problems.ts';
import { CLUSTER_NAME, CLUSTER_NAME_FORM, GROUP_ID, GROUP_ID_FORM } from './schema.ts';

export interface TargetFlag {
  readonly groupId: string;
  readonly cluster: string;
}

export interface TargetFlags {
  readonly targets: readonly TargetFlag[];
  readonly problems: readonly string[];
}

export function parseTargetFlags(texts: readonly string[]): TargetFlags {
  const checked = texts.map((text, index) => {
    const target = parseTargetFlag(text);
    const isRepeated = 'value' in target && texts.indexOf(text) < index;
    return { text, target: isRepeated ? { problem: 'is given twice' } : target };
  });
  return {
    targets: checked.flatMap(({ target }) => ('value' in target ? [target.value] : [])),
    problems: checked.flatMap(({ text, target }) =>
      'problem' in target ? [`--target ${quote(text)}: ${target.problem}`] : [],
    ),
  };
}

function parseTargetFlag(text: string): Checked<TargetFlag> {
  const [groupId = '', cluster, ...rest] = text.split('/');
  if (cluster === undefined || rest.length > 0) {
    return { problem: 'write the project’s id, a slash and the name of one cluster' };
  }
  if (!GROUP_ID.test(groupId)) return { problem: `the part before the slash is not a project id: ${GROUP_ID_FORM}` };
  if (!CLUSTER_NAME.test(cluster)) {
    return { problem: `the part after the slash is not a cluster name: ${CLUSTER_NAME_FORM}` };
  }
  return { value: { groupId, cluster } };
}
