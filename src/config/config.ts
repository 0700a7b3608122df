/**
 * The configuration as the rest of the program sees it: checked, complete, times in seconds, one target per pair of project
 * and cluster. It holds no secret, only the way to read each one, so a printed config shows none.
 */
import type { AtlasSettings } from '../atlas/atlas.ts';
import type { Credential } from '../atlas/auth/credentials.ts';
import type { PollingSettings } from '../collectors/collector.ts';
import type { DiscoveredProject, NamedTarget } from '../polling/targets.ts';

export interface Config {
  readonly atlas: AtlasSettings;
  readonly credentials: readonly CredentialConfig[];
  readonly polling: PollingSettings;
  readonly targets: readonly NamedTarget[];
  readonly discoveries: readonly DiscoveredProject[];
}

export type CredentialConfig = Credential & {
  /** Unix time. */
  readonly expiresAtSeconds?: number;
};
