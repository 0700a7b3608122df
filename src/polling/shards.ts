/**
 * Which shard a project belongs to. By project, since Atlas' budget is per project. Rendezvous hashing: each shard draws a number
 * for the project and the greatest wins, so a shard more takes its share from all others and moves nothing between them.
 */
import { createHash } from 'node:crypto';
import type { Wanted } from './targets.ts';

/** What of this is for one of so many shards. */
export function shareOf({ named, discovered }: Wanted, index: number, shards: number): Wanted {
  const known = new Map<string, number>();
  function isMine({ groupId }: { readonly groupId: string }): boolean {
    const shard = known.get(groupId) ?? shardOf(groupId, shards);
    known.set(groupId, shard);
    return shard === index;
  }
  return { named: named.filter(isMine), discovered: discovered.filter(isMine) };
}

export function shardOf(groupId: string, shards: number): number {
  let best = { shard: 0, drawn: -1 };
  for (let shard = 0; shard < shards; shard += 1) {
    const drawn = createHash('sha256').update(`${shard}/${groupId}`).digest().readUIntBE(0, 6);
    if (drawn > best.drawn) best = { shard, drawn };
  }
  return best.shard;
}
