/**
 * The paths below `/-/`, as Prometheus servers have them. Probes send no password and must not fail while many scrapes
 * run, so these paths have neither authentication nor limits, and reveal only one sentence.
 */
import { Router } from 'express';
import { sendText } from './answer.ts';

const HEALTHY = '/-/healthy';
const READY = '/-/ready';
export const RELOAD_PATH = '/-/reload';

export interface ManagementSettings {
  isHealthy(): boolean;
  /** Why the program isn't ready, or undefined if it is. */
  notReadyBecause(): string | undefined;
  /** Absent: reloading over HTTP is disabled. */
  reload?(): Promise<ReloadAnswer>;
}

export interface ReloadAnswer {
  readonly result: 'reloaded' | 'refused' | 'failed' | 'stopping';
  readonly text: string;
}

const RELOAD_STATUS = { reloaded: 200, refused: 400, failed: 500, stopping: 503 } as const;

export function isProbe(path: string): boolean {
  return path === HEALTHY || path === READY;
}

export function createManagement({ isHealthy, notReadyBecause, reload }: ManagementSettings): Router {
  const router = Router();
  router.get(HEALTHY, (_request, response) => {
    const healthy = isHealthy();
    sendText(response, healthy ? 200 : 503, healthy ? 'The exporter is healthy.' : 'The scheduler is stuck.');
  });
  router.get(READY, (_request, response) => {
    const reason = notReadyBecause();
    sendText(response, reason === undefined ? 200 : 503, reason ?? 'The exporter is ready.');
  });
  // limits.ts has already refused a POST from a browser.
  router.post(RELOAD_PATH, async (_request, response) => {
    if (reload === undefined) {
      sendText(response, 403, 'Reloading over HTTP is off: --web.enable-lifecycle allows it.');
      return;
    }
    const { result, text } = await reload();
    sendText(response, RELOAD_STATUS[result], text);
  });
  return router;
}
