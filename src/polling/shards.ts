/**
 * Which shard a project belongs to. Shards split by project because Atlas' API budget is per project. Rendezvous
 * hashing: each shard has a number for the project, and the project belongs to the shard with the greatest number. An
 * additional shard takes projects from all other shards and moves no project between them.
 */
import { createHash } from 'node:crypto';
import type { Wanted } from './targets.ts';

export interface Shard {
  /** From 0. */
  readonly index: number;
  readonly count: number;
}

/** The projects of one shard; all projects if there are no shards. */
export function ownShare(wanted: Wanted, shard: Shard | undefined): Wanted {
  if (shard === undefined) return wanted;
  const owns = createOwns(shard);
  const isOwn = ({ groupId }: { readonly groupId: string }): boolean => owns(groupId);
  return { ...wanted, named: wanted.named.filter(isOwn), discovered: wanted.discovered.filter(isOwn) };
}

/** A function that tells whether a project belongs to the shard. */
export function createOwns({ index, count }: Shard): (groupId: string) => boolean {
  const shardByGroup = new Map<string, number>();
  return (groupId) => {
    const own = shardByGroup.get(groupId) ?? shardOf(groupId, count);
    shardByGroup.set(groupId, own);
    return own === index;
  };
}

export function shardOf(groupId: string, shards: number): number {
  let best = { shard: 0, number: -1 };
  for (let shard = 0; shard < shards; shard += 1) {
    const number = createHash('sha256').update(`${shard}/${groupId}`).digest().readUIntBE(0, 6);
    if (number > best.number) best = { shard, number };
  }
  return best.shard;
}
