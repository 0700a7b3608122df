/**
 * Health and readiness. Whoever probes can give no password and must not be turned away because others scrape: these paths ask
 * for none and count towards no limit, and so say nothing that needs hiding.
 */
import type { Express } from 'express';
import { say } from '../answer.ts';

const HEALTHY = '/-/healthy';
const READY = '/-/ready';

export interface ProbeSettings {
  /** Whether the scheduler ticks. */
  isHealthy(): boolean;
  /** Why the program isn't ready, or undefined when it is. */
  notReadyBecause(): string | undefined;
}

export function isProbe(path: string): boolean {
  return path === HEALTHY || path === READY;
}

export function addProbes(app: Express, { isHealthy, notReadyBecause }: ProbeSettings): void {
  app.get(HEALTHY, (_request, response) => {
    const healthy = isHealthy();
    say(response, healthy ? 200 : 503, healthy ? 'The exporter is healthy.' : 'The scheduler is stuck.');
  });
  app.get(READY, (_request, response) => {
    const why = notReadyBecause();
    say(response, why === undefined ? 200 : 503, why ?? 'The exporter is ready.');
  });
}
