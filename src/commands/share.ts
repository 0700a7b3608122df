/** The config as far as it is this process': all of it, or what falls to its shard. */
import type { Config } from '../config/config.ts';
import type { Shard } from '../config/shard.ts';
import { shareOf } from '../polling/shards.ts';

export function ownShareOf(config: Config, shard: Shard | undefined): Config {
  if (shard === undefined) return config;
  const everything = { named: config.targets, discovered: config.discoveries };
  const { named, discovered } = shareOf(everything, shard.index, shard.count);
  // What they are is what came in: the share only leaves some out.
  return { ...config, targets: named, discoveries: discovered };
}
