/**
 * Who may read a long list on: one of a project at a time, and few over all. What a list has needs memory until it has been read,
 * and one that never ends needs more and more of it.
 */
import { createTurns, type Turns } from './turns.ts';

export interface LongLists {
  /** Resolves to what ends the turn; rejects with the signal's reason as soon as it is aborted. */
  take(groupId: string, signal: AbortSignal): Promise<() => void>;
}

const PLACES = 4;
const PROJECTS_KEPT = 100;

export function createLongLists(): LongLists {
  const ofAll = createTurns(PLACES);
  const ofProjects = new Map<string, Turns>();

  async function take(groupId: string, signal: AbortSignal): Promise<() => void> {
    const ofProject = ofProjects.get(groupId) ?? createTurns();
    // Those that nobody waits for any more make room for others.
    if (ofProjects.size >= PROJECTS_KEPT)
      for (const [id, turns] of ofProjects) if (turns.isFree()) ofProjects.delete(id);
    ofProjects.set(groupId, ofProject);
    // The project's own first: its long lists wait for each other, not in the way of other projects' ones.
    const leaveProject = await ofProject.take(signal);
    const leaveAll = await ofAll.take(signal);
    function leave(): void {
      leaveAll();
      leaveProject();
    }
    if (!signal.aborted) return leave;
    leave();
    throw signal.reason;
  }

  return { take };
}
