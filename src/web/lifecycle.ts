/**
 * `POST /-/reload`: the one request that changes something. Off unless it is switched on, and never for a page of another site:
 * a browser says where a request comes from, and a program such as curl or a config reloader says nothing.
 */
import { type Request, Router } from 'express';

export interface ReloadAnswer {
  readonly result: 'reloaded' | 'refused' | 'failed' | 'stopping';
  readonly text: string;
}

const STATUS: Readonly<Record<ReloadAnswer['result'], number>> = {
  reloaded: 200,
  refused: 400,
  failed: 500,
  stopping: 503,
};

/** @param reload left out: it is switched off */
export function createLifecycle(reload: (() => Promise<ReloadAnswer>) | undefined): Router {
  const router = Router();
  router.all('/-/reload', async (request, response) => {
    const { status, text } = await answerTo(request, reload);
    response.setHeader('X-Content-Type-Options', 'nosniff');
    if (status === 405) response.setHeader('Allow', 'POST');
    response.status(status).type('text').send(`${text}\n`);
  });
  return router;
}

async function answerTo(
  request: Request,
  reload: (() => Promise<ReloadAnswer>) | undefined,
): Promise<{ readonly status: number; readonly text: string }> {
  if (request.method !== 'POST') return { status: 405, text: 'Only POST.' };
  if (reload === undefined)
    return { status: 403, text: 'Reloading over HTTP is off: --web.enable-lifecycle allows it.' };
  if (isFromElsewhere(request)) return { status: 403, text: 'Not from a page of another site.' };
  const { result, text } = await reload();
  return { status: STATUS[result], text };
}

function isFromElsewhere({ headers }: Request): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'none' && site !== 'same-origin') return true;
  const { origin, host } = headers;
  return origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host);
}
