/**
 * The gate that every request passes: whose credential it carries, whether the budget allows it, which resource it is
 * for, and which fault it meets. A function from what was received to an answer; it knows neither sockets nor what a
 * resource says.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { type Answer, refuse, refuseMethod, refuseOAuth, withHeaders } from './answers.ts';
import { findResource, type Resource } from './api.ts';
import type { DigestAuth } from './digest-auth.ts';
import { answerInstead, withOddHeaders } from './fault-answers.ts';
import { deliveryOf, type Fault, type FaultPlan, type Operation, type WireFault } from './faults.ts';
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
  /** Comes before what the world says of a cluster. */
  readonly faults: FaultPlan;
  /** How many requests there were, by operation and address. */
  readonly counts: Map<string, number>;
}

export interface Served {
  readonly answer: Answer;
  /** How it is to be delivered, if not well. */
  readonly fault?: WireFault;
}

export type AuthScheme = 'none' | 'basic' | 'bearer' | 'digest' | 'other';

/** So many addresses are counted; a server that is asked for ever more of them forgets what it has counted. */
const maxCounts = 10_000;

export function answerReceived(gate: Gate, received: Received): Served {
  const { target } = received;
  const [path = ''] = target.split('?', 1);
  const oauth = path === '/api/oauth/token' ? 'token' : path === '/api/oauth/revoke' ? 'revoke' : undefined;
  const resource = oauth ? undefined : findResource(path);
  const operation = oauth ?? resource?.operation;
  const nowMs = gate.now();
  const fault = operation && faultFor(gate, operation, resource, nowMs);
  if (fault?.kind === 'expire-tokens') {
    gate.tokens.expireTokens();
  }
  if (fault?.kind === 'expire-nonces') {
    gate.digest.expireNonces();
  }
  const answer = oauth
    ? (answerInstead(fault, { target, nowMs, isOAuth: true }) ?? answerOAuth(gate, received, oauth))
    : answerApi(gate, received, { path, resource, fault });
  const delivery = deliveryOf(fault);
  return { answer: withOddHeaders(answer, fault, nowMs), ...(delivery ? { fault: delivery } : {}) };
}

interface Wanted {
  readonly path: string;
  readonly resource: Resource | undefined;
  readonly fault: Fault | undefined;
}

function answerApi(gate: Gate, received: Received, { path, resource, fault }: Wanted): Answer {
  const { method, target, headers } = received;
  const caller = authenticate(gate, received);
  if (typeof caller !== 'string') {
    return caller;
  }
  if (resource === undefined) {
    const detail = `There is nothing at ${path}.`;
    return refuse({ status: 404, errorCode: 'RESOURCE_NOT_FOUND', detail, parameters: [path] });
  }
  // The budget for projects is the caller's own.
  const owner = resource.bucket === 'projects' ? caller : resource.groupId;
  const { limit, remaining, retryAfterSeconds } = gate.limits.take(resource.bucket, owner);
  const budget = { 'RateLimit-Limit': String(limit), 'RateLimit-Remaining': String(remaining) };
  if (retryAfterSeconds !== undefined && gate.enforceRateLimit) {
    const spent = { 'Retry-After': String(retryAfterSeconds), ...budget };
    const detail = 'The budget of requests is spent.';
    return refuse({ status: 429, errorCode: 'RATE_LIMITED_TOKEN_BUCKET', detail, headers: spent });
  }
  const query = new URLSearchParams(target.slice(path.length));
  const nowMs = gate.now();
  const answer =
    answerInstead(fault, { target, nowMs, isOAuth: false }) ??
    resource.answer(
      { method, path, query, accept: headers.accept, caller },
      { world: gate.world, linkOrigin: gate.linkOrigin(), nowMs, fault },
    );
  return withHeaders(answer, budget);
}

function faultFor(gate: Gate, operation: Operation, resource: Resource | undefined, nowMs: number): Fault | undefined {
  const { groupId = '', clusterName = '' } = resource ?? {};
  const key = `${operation} ${groupId}/${clusterName}`;
  if (gate.counts.size >= maxCounts) {
    gate.counts.clear();
  }
  const number = (gate.counts.get(key) ?? 0) + 1;
  gate.counts.set(key, number);
  const planned = gate.faults({ operation, groupId, clusterName, number, nowMs });
  const failing = planned ?? gate.world.cluster(groupId, clusterName)?.failing;
  return typeof failing === 'function' ? failing(nowMs) : failing;
}

export function schemeOf({ authorization }: IncomingHttpHeaders): AuthScheme {
  const scheme = authorization?.split(' ', 1)[0]?.toLowerCase();
  if (scheme === undefined) {
    return 'none';
  }
  return scheme === 'basic' || scheme === 'bearer' || scheme === 'digest' ? scheme : 'other';
}

function answerOAuth(gate: Gate, { method, headers, body }: Received, operation: 'token' | 'revoke'): Answer {
  if (method !== 'POST') {
    return refuseMethod('POST');
  }
  const request = { authorization: headers.authorization, contentType: headers['content-type'], body };
  if (operation === 'revoke') {
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
