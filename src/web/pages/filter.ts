/** Which targets a reader wants to see. The pages' script filters in the same way, so that nothing jumps when it takes over. */
import { CONDITIONS, type Condition } from '../../collectors/conditions.ts';
import type { TargetStatus } from './status.ts';

export interface Filter {
  /** As it was typed. */
  readonly text: string;
  /** What has to be among a target's conditions. */
  readonly condition?: Condition | undefined;
}

/** From a query string: what is not understood doesn't filter. */
export function parseFilter(query: URLSearchParams): Filter {
  const state = query.get('state');
  return {
    text: (query.get('q') ?? '').slice(0, 200),
    condition: CONDITIONS.find((condition) => condition === state),
  };
}

/** Every word has to be found in a name, or begin the id of the project or of the target. */
export function createMatcher({ text, condition }: Filter): (status: TargetStatus) => boolean {
  const terms = text.toLowerCase().split(/\s+/).filter(Boolean);
  return ({ state: { target }, findings }) => {
    if (condition !== undefined && !findings.some((finding) => finding.condition === condition)) return false;
    if (terms.length === 0) return true;
    const names = `${target.clusterName} ${target.projectName}`.toLowerCase();
    const id = target.key.toLowerCase();
    return terms.every((term) => names.includes(term) || id.startsWith(term));
  };
}
