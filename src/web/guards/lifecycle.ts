/**
 * `POST /-/reload`: the one request that changes something. Off unless it is switched on. That no page of another site can
 * make a browser send it is seen to in limits.ts, as for every POST.
 */
import { Router } from 'express';
import { say } from '../answer.ts';

export interface ReloadAnswer {
  readonly result: 'reloaded' | 'refused' | 'failed' | 'stopping';
  readonly text: string;
}

export const RELOAD_PATH = '/-/reload';

const STATUS: Readonly<Record<ReloadAnswer['result'], number>> = {
  reloaded: 200,
  refused: 400,
  failed: 500,
  stopping: 503,
};

/** @param reload left out: it is switched off */
export function createLifecycle(reload: (() => Promise<ReloadAnswer>) | undefined): Router {
  const router = Router();
  router.post(RELOAD_PATH, async (_request, response) => {
    if (reload === undefined) {
      say(response, 403, 'Reloading over HTTP is off: --web.enable-lifecycle allows it.');
      return;
    }
    const { result, text } = await reload();
    say(response, STATUS[result], text);
  });
  return router;
}
