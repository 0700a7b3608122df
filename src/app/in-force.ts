/**
 * The config in force. Parts that live as long as the program are given pieces of it that they read anew at each use: that is
 * how a reload reaches them, all at one moment, without telling each.
 */
import type { Config } from '../config/config.ts';
import type { PollSettings } from '../polling/poll.ts';

export interface InForce {
  readonly config: Config;
  replace(next: Config): void;
  readonly collecting: { readonly maxActiveJobs: number };
  readonly polling: PollSettings;
}

export function createInForce(first: Config): InForce {
  let config = first;
  return {
    get config() {
      return config;
    },
    replace(next) {
      config = next;
    },
    collecting: {
      get maxActiveJobs() {
        return config.polling.maxActiveJobs;
      },
    },
    polling: {
      get intervalSeconds() {
        return config.polling.intervalSeconds;
      },
      get idleIntervalSeconds() {
        return config.polling.idleIntervalSeconds;
      },
    },
  };
}
