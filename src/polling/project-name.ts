/** Learns what a project is called: at the start and once a day. A failure leaves what is known, and is no trouble of anyone. */
import type { AtlasApi } from '../atlas/client.ts';
import type { Log } from '../support/log.ts';
import { failureOf } from './failure-log.ts';
import type { Task } from './scheduler.ts';

export interface Project {
  readonly groupId: string;
  readonly credential: string;
}

export interface ProjectNameTools {
  readonly log: Log;
  apiFor(project: Project): AtlasApi;
  /** Throws AtlasError. */
  readName(api: AtlasApi, groupId: string, signal: AbortSignal): Promise<string>;
  onName(groupId: string, name: string): void;
}

const INTERVAL_SECONDS = 24 * 3600;
const RETRY_SECONDS = 3600;

export function createProjectNameTask(project: Project, { log, apiFor, readName, onName }: ProjectNameTools): Task {
  const { groupId } = project;
  return {
    key: `project name ${groupId}`,
    // One at a time over all projects: nothing waits for it.
    lane: 'project names',
    lanePlaces: 1,
    async run(signal) {
      try {
        const name = await readName(apiFor(project), groupId, signal);
        if (!signal.aborted) onName(groupId, name);
        return INTERVAL_SECONDS;
      } catch (error) {
        const { reason, problem, advice } = failureOf(error);
        if (!signal.aborted) log.debug({ group_id: groupId, reason, problem, advice }, 'a project’s name is unknown');
        return RETRY_SECONDS;
      }
    },
  };
}
