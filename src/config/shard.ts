/** The part of the projects that this process watches, from its flags or from its number among the pods of a StatefulSet. */
import type { Checked } from '../support/checked.ts';

export interface Shard {
  /** From 0. */
  readonly index: number;
  readonly count: number;
}

export const MOST_SHARDS = 1000;

/**
 * Undefined if this process watches all projects.
 * @param hostname the name of a pod of a StatefulSet ends in its number: `exporter-2` is the third pod
 */
export function parseShard(
  index: number | undefined,
  count: number | undefined,
  hostname: string | undefined,
): Checked<Shard | undefined> {
  if (count === undefined) {
    return index === undefined
      ? { value: undefined }
      : { problem: '--shard.index: has no effect without --shard.count' };
  }
  if (index !== undefined) {
    if (index < count) return { value: { index, count } };
    return { problem: `--shard.index ${index}: must be less than --shard.count (${count}): the first shard is 0` };
  }
  const digits = /-([0-9]{1,6})$/.exec(hostname ?? '')?.[1];
  if (digits === undefined && count > 1) {
    const reason = 'HOSTNAME does not end in the number of a pod of a StatefulSet, as exporter-0 does';
    return { problem: `--shard.count: ${reason}: give --shard.index too` };
  }
  const ordinal = Number(digits ?? 0);
  if (ordinal < count) return { value: { index: ordinal, count } };
  return {
    problem: `--shard.count ${count}: is too small for this pod, which has the number ${ordinal} in its HOSTNAME: it must be the number of replicas`,
  };
}
