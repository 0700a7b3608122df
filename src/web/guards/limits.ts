/**
 * What is not let through: methods that nothing here has, paths that can't be decoded, bodies, and more requests at once than
 * wanted. How long a request may take to arrive is bounded in listen.ts.
 */
import type { NextFunction, Request, Response } from 'express';
import { say } from '../answer.ts';
import { isProbe } from './management.ts';

type Middleware = (request: Request, response: Response, next: NextFunction) => void;

/** No route reads a body: one this small is dropped, a larger one refused. */
const LARGEST_BODY_BYTES = 1024;
/** Whoever reads slower than this can't be a scraper, and takes a place from one. */
const LONGEST_ANSWER_MS = 60_000;

/**
 * GET and HEAD, and POST for the paths that take nothing else. These do something, so no browser may be made to ask for it by
 * a page from elsewhere: browsers say where a POST comes from, the tools of operators don't.
 */
export function allowMethods(postPaths: readonly string[]): Middleware {
  return ({ method, path, headers }, response, next) => {
    const allowed = postPaths.includes(path) ? ['POST'] : ['GET', 'HEAD'];
    if (!allowed.includes(method)) {
      response.setHeader('Allow', allowed.join(', '));
      say(response, 405, `Only ${allowed.join(' and ')}.`);
    } else if (method === 'POST' && (headers.origin !== undefined || headers['sec-fetch-site'] !== undefined)) {
      say(response, 403, 'Not from a browser.');
    } else next();
  };
}

export function refuseMalformedPaths({ path }: Request, response: Response, next: NextFunction): void {
  try {
    decodeURIComponent(path);
  } catch {
    say(response, 400, 'Bad request.');
    return;
  }
  next();
}

export function refuseBodies({ headers }: Request, response: Response, next: NextFunction): void {
  const isLarge =
    headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > LARGEST_BODY_BYTES;
  if (!isLarge) {
    next();
    return;
  }
  // Otherwise all of it would be read, to get to the next request.
  response.setHeader('Connection', 'close');
  say(response, 413, 'No body is expected.');
}

/** @param most 0 for any number */
export function limitRequests(most: number, longestAnswerMs = LONGEST_ANSWER_MS): Middleware {
  let underWay = 0;
  return (request, response, next) => {
    if (isProbe(request.path)) {
      next();
      return;
    }
    if (most > 0 && underWay >= most) {
      response.setHeader('Retry-After', '1');
      say(response, 503, `Limit of concurrent requests reached (${most}), try again later.`);
      return;
    }
    // Whoever went away while the password was checked would never give the place back.
    if (response.destroyed) return;
    underWay += 1;
    const cutOff = setTimeout(() => request.socket.destroy(), longestAnswerMs);
    response.once('close', () => {
      underWay -= 1;
      clearTimeout(cutOff);
    });
    next();
  };
}
