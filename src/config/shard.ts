/** Which share of the projects this process watches: as its flags say, or as its number among a StatefulSet's pods does. */
import type { Value } from '../cli/flag-values.ts';

export interface Shard {
  /** From 0. */
  readonly index: number;
  readonly count: number;
}

export const MOST_SHARDS = 1000;

/**
 * Undefined where nothing is shared out.
 * @param hostname what a pod of a StatefulSet is called: `exporter-2` is its third
 */
export function parseShard(
  index: number | undefined,
  count: number | undefined,
  hostname: string | undefined,
): Value<Shard | undefined> {
  if (count === undefined) {
    return index === undefined ? { value: undefined } : { wrong: '--shard.index: says nothing without --shard.count' };
  }
  if (index !== undefined) {
    if (index < count) return { value: { index, count } };
    return { wrong: `--shard.index ${index}: must be less than --shard.count (${count}): the first shard is 0` };
  }
  const ordinal = ordinalOf(hostname) ?? (count === 1 ? 0 : undefined);
  if (ordinal === undefined) {
    const why = 'HOSTNAME does not end in the number of a StatefulSet’s pod, as exporter-0 does';
    return { wrong: `--shard.count: ${why}: give --shard.index too` };
  }
  if (ordinal < count) return { value: { index: ordinal, count } };
  return {
    wrong: `--shard.count ${count}: is too small for this pod, whose number is ${ordinal} by its HOSTNAME: it must be the number of replicas`,
  };
}

function ordinalOf(hostname: string | undefined): number | undefined {
  const digits = /-([0-9]{1,6})$/.exec(hostname ?? '')?.[1];
  return digits === undefined ? undefined : Number(digits);
}
