/**
 * The gate that every request passes: whose credential it carries, whether the budget allows it, which resource it is
 * for. A function from what was received to an answer; it knows neither sockets nor what a resource says.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { type Answer, refuse, refuseMethod, refuseOAuth, withHeaders } from './answers.ts';
import { findResource } from './api.ts';
import type { DigestAuth } from './digest-auth.ts';
import type { RateLimits } from './rate-limits.ts';
import type { Tokens } from './tokens.ts';
import type { CredentialKind, World } from './world.ts';

export interface Received {
  readonly method: string;
  /** Path and query as they were sent: what Digest signs. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Gate {
  readonly world: World;
  readonly now: () => number;
  readonly digest: DigestAuth;
  readonly tokens: Tokens;
  readonly limits: RateLimits;
  readonly enforceRateLimit: boolean;
  readonly linkOrigin: () => string;
  readonly accessToken: () => string;
}

export type AuthScheme = 'none' | 'basic' | 'bearer' | 'digest' | 'other';

export function answerReceived(gate: Gate, received: Received): Answer {
  const { method, target, headers } = received;
  const [path = ''] = target.split('?', 1);
  if (path === '/api/oauth/token' || path === '/api/oauth/revoke') {
    return answerOAuth(gate, received, path);
  }
  const caller = authenticate(gate, received);
  if (typeof caller !== 'string') {
    return caller;
  }
  const resource = findResource(path);
  if (resource === undefined) {
    const detail = `There is nothing at ${path}.`;
    return refuse({ status: 404, errorCode: 'RESOURCE_NOT_FOUND', detail, parameters: [path] });
  }
  const { limit, remaining, retryAfterSeconds } = gate.limits.take(resource.bucket, resource.groupId ?? caller);
  const budget = { 'RateLimit-Limit': String(limit), 'RateLimit-Remaining': String(remaining) };
  if (retryAfterSeconds !== undefined && gate.enforceRateLimit) {
    const spent = { 'Retry-After': String(retryAfterSeconds), ...budget };
    const detail = 'The budget of requests is spent.';
    return refuse({ status: 429, errorCode: 'RATE_LIMITED_TOKEN_BUCKET', detail, headers: spent });
  }
  const query = new URLSearchParams(target.slice(path.length));
  const answer = resource.answer(
    { method, path, query, accept: headers.accept, caller },
    { world: gate.world, linkOrigin: gate.linkOrigin(), nowMs: gate.now() },
  );
  return withHeaders(answer, budget);
}

export function schemeOf({ authorization }: IncomingHttpHeaders): AuthScheme {
  const scheme = authorization?.split(' ', 1)[0]?.toLowerCase();
  if (scheme === undefined) {
    return 'none';
  }
  return scheme === 'basic' || scheme === 'bearer' || scheme === 'digest' ? scheme : 'other';
}

function answerOAuth(gate: Gate, { method, headers, body }: Received, path: string): Answer {
  if (method !== 'POST') {
    return refuseMethod('POST');
  }
  const request = { authorization: headers.authorization, contentType: headers['content-type'], body };
  if (path === '/api/oauth/revoke') {
    return gate.tokens.revoke(request);
  }
  const { retryAfterSeconds } = gate.limits.take('tokens', 'account');
  if (retryAfterSeconds !== undefined && gate.enforceRateLimit) {
    const answer = refuseOAuth(429, 'too_many_requests', 'Too many tokens were asked for.');
    return withHeaders(answer, { 'Retry-After': String(retryAfterSeconds) });
  }
  return gate.tokens.mint(request);
}

/** Whose credential it is, or the refusal. */
function authenticate({ digest, tokens, accessToken }: Gate, received: Received): CredentialKind | Answer {
  const { method, target, headers } = received;
  if (schemeOf(headers) !== 'bearer') {
    return digest.refuse(method, target, headers.authorization) ?? 'api-key';
  }
  const token = headers.authorization?.slice('bearer '.length).trim() ?? '';
  if (token === accessToken()) {
    return 'access-token';
  }
  // No challenge and no error code: nothing tells an expired token from one that never was.
  return tokens.isLive(token) ? 'service-account' : refuse({ status: 401, detail: 'This token is not valid.' });
}
