/**
 * What a project is called, for people and joins. A project's name may be anything: it is cut and cleaned here.
 * Source: GET /groups/{groupId}, API version 2025-03-12.
 */
import type { AtlasApi } from '../atlas/client.ts';

const LONGEST_NAME = 64;

/** Empty where Atlas gives none; throws AtlasError. */
export async function readProjectName(api: AtlasApi, groupId: string, signal: AbortSignal): Promise<string> {
  const path = `/groups/${groupId}`;
  const { name } = await api.get({ operation: 'get_group', budget: 'projects', groupId, path }, signal);
  return typeof name === 'string' ? cleanName(name) : '';
}

function cleanName(name: string): string {
  // Control and formatting characters, line separators and halves of characters.
  const clean = name.slice(0, 2 * LONGEST_NAME).replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '\uFFFD');
  return Array.from(clean).slice(0, LONGEST_NAME).join('');
}
