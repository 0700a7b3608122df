/** Which clusters are watched, with their settings in one piece. */
import type { Target } from '../collectors/collector.ts';

/** A group/cluster pair as the config names it. */
export interface NamedTarget {
  readonly groupId: string;
  readonly clusterName: string;
  readonly credential: string;
  readonly successMaxAgeSeconds?: number;
  readonly durationMaxSeconds?: number;
}

export function targetOf(named: NamedTarget): Target {
  // The project's name is learned, not configured: until then it is empty.
  return { ...named, key: keyOf(named.groupId, named.clusterName), projectName: '' };
}

/** Unique, and the path by which people know a target. */
export function keyOf(groupId: string, clusterName: string): string {
  return `${groupId}/${clusterName}`;
}
