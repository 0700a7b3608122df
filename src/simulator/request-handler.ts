/**
 * Answers one request, without sockets: authentication, then rate limits, then the resource. A test can change the
 * answer.
 */
import type { ServerResponse } from 'node:http';
import { type Answer, type List, refuse, refuseMethod, refuseOAuth, withHeaders } from './answers.ts';
import { type ApiOperation, findResource, type Received, type Resource } from './api.ts';
import type { DigestAuth } from './digest-auth.ts';
import type { RateLimits } from './rate-limits.ts';
import type { Tokens } from './tokens.ts';
import type { CredentialKind, Failure, World } from './world.ts';

export type Operation = ApiOperation | 'token' | 'revoke';

/** A request for a known path, before authentication. */
export interface InterceptedRequest {
  readonly operation: Operation;
  /** Empty for the OAuth operations. */
  readonly groupId: string;
  /** Empty if the path has none. */
  readonly clusterName: string;
  readonly target: string;
  readonly nowMs: number;
}

export interface Interception {
  /** Replaces the resource's answer. The API still authenticates the request first. */
  readonly answer?: Answer;
  /** Changes a list before the page is selected. */
  readonly changeList?: (list: List) => List;
  /** Changes the finished answer, also if it is an error. */
  readonly changeAnswer?: (answer: Answer) => Answer;
  /** Sends the answer. The signal is aborted when the simulator closes. */
  readonly send?: (response: ServerResponse, answer: Answer, signal: AbortSignal) => Promise<void>;
}

/** Called once for each request. `undefined` changes nothing. */
export type Intercept = (request: InterceptedRequest) => Interception | undefined;

export interface Atlas {
  readonly world: World;
  readonly now: () => number;
  readonly digest: DigestAuth;
  readonly tokens: Tokens;
  readonly limits: RateLimits;
  readonly enforceRateLimit: boolean;
  readonly origin: () => string;
  readonly accessToken: () => string;
  readonly intercept: Intercept;
}

export interface Handled {
  readonly answer: Answer;
  readonly send?: Interception['send'];
}

export function handleRequest(atlas: Atlas, received: Received): Handled {
  const { target } = received;
  const [path = ''] = target.split('?', 1);
  const oauth = path === '/api/oauth/token' ? 'token' : path === '/api/oauth/revoke' ? 'revoke' : undefined;
  const resource = oauth ? undefined : findResource(path);
  const operation = oauth ?? resource?.operation;
  const { groupId = '', clusterName = '' } = resource ?? {};
  const nowMs = atlas.now();
  const changes = (operation && atlas.intercept({ operation, groupId, clusterName, target, nowMs })) ?? {};
  const answer = oauth
    ? (changes.answer ?? answerOAuth(atlas, received, oauth))
    : answerApi(atlas, received, path, resource, changes);
  return { answer: changes.changeAnswer?.(answer) ?? answer, send: changes.send };
}

function answerApi(
  atlas: Atlas,
  received: Received,
  path: string,
  resource: Resource | undefined,
  { answer, changeList = (list) => list }: Interception,
): Answer {
  const caller = authenticate(atlas, received);
  if (typeof caller !== 'string') return caller;
  if (resource === undefined) {
    const detail = `There is nothing at ${path}.`;
    return refuse({ status: 404, errorCode: 'RESOURCE_NOT_FOUND', detail, parameters: [path] });
  }
  const { groupId, clusterName, bucket } = resource;
  // Atlas limits requests for projects by user, all others by project.
  const { limit, remaining, retryAfterSeconds } = atlas.limits.take(bucket, bucket === 'projects' ? caller : groupId);
  const rateLimit = { 'RateLimit-Limit': String(limit), 'RateLimit-Remaining': String(remaining) };
  if (retryAfterSeconds !== undefined && atlas.enforceRateLimit) {
    const headers = { 'Retry-After': String(retryAfterSeconds), ...rateLimit };
    const detail = 'The rate limit is exceeded.';
    return refuse({ status: 429, errorCode: 'RATE_LIMITED_TOKEN_BUCKET', detail, headers });
  }
  const { world } = atlas;
  const nowMs = atlas.now();
  const request = { ...received, path, caller, world, origin: atlas.origin(), nowMs, changeList };
  const failing = world.cluster(groupId, clusterName)?.failing;
  const failure = typeof failing === 'function' ? failing(nowMs) : failing;
  return withHeaders(answer ?? (failure && failureAnswer(failure)) ?? resource.answer(request), rateLimit);
}

function failureAnswer({ status, errorCode, retryAfterSeconds, html = false }: Failure): Answer {
  const headers: Record<string, string> =
    retryAfterSeconds === undefined ? {} : { 'Retry-After': String(retryAfterSeconds) };
  if (html) {
    const body = `<html><body><h1>${status}</h1><p>Try again later.</p></body></html>`;
    return { status, headers: { 'Content-Type': 'text/html', ...headers }, body };
  }
  return refuse({ status, detail: 'The request failed.', headers, ...(errorCode === undefined ? {} : { errorCode }) });
}

function answerOAuth(atlas: Atlas, { method, headers, body }: Received, operation: 'token' | 'revoke'): Answer {
  if (method !== 'POST') return refuseMethod('POST');
  const request = { authorization: headers.authorization, contentType: headers['content-type'], body };
  if (operation === 'revoke') return atlas.tokens.revoke(request);
  const { retryAfterSeconds } = atlas.limits.take('tokens', 'account');
  if (retryAfterSeconds !== undefined && atlas.enforceRateLimit) {
    const answer = refuseOAuth(429, 'too_many_requests', 'The rate limit for tokens is exceeded.');
    return withHeaders(answer, { 'Retry-After': String(retryAfterSeconds) });
  }
  return atlas.tokens.mint(request);
}

function authenticate({ digest, tokens, accessToken }: Atlas, received: Received): CredentialKind | Answer {
  const { method, target, headers } = received;
  const token = /^bearer\s+(.*)$/i.exec(headers.authorization ?? '')?.[1]?.trim();
  if (token === undefined) return digest.refuse(method, target, headers.authorization) ?? 'api-key';
  if (token === accessToken()) return 'access-token';
  // No challenge and no error code: Atlas answers the same for an expired token and an unknown one.
  return tokens.isLive(token) ? 'service-account' : refuse({ status: 401, detail: 'The token is not valid.' });
}
