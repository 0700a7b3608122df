/** A transport that answers from a script, an observer that remembers, and short ways to write answers. */

import type { Credential, CredentialKind } from '../../../src/atlas/auth/credentials.ts';
import type { AtlasRequest, AtlasResponse, Transport } from '../../../src/atlas/http/transport.ts';
import type { AtlasObserver } from '../../../src/atlas/observer.ts';

export const GROUP_ID = '5e0000000000000000000001';
export const TARGET = '/api/atlas/v2/groups/5e0000000000000000000001/clusters/Cluster0/backup/exports?pageNum=1';

/** A credential whose secrets are read by these functions. */
export function credential(
  kind: CredentialKind,
  secrets: Readonly<Record<string, () => Promise<string>>>,
  identity = 'here',
): Credential {
  const sources = Object.entries(secrets).map(([slot, read]) => [slot, { identity, description: 'a test', read }]);
  return { name: 'default', kind, secrets: Object.fromEntries(sources) };
}

/** A signal that nothing aborts. */
export const never = new AbortController().signal;

/** An answer; a body that is not a text is written as JSON. */
export function answer(status: number, body: unknown = {}, headers: AtlasResponse['headers'] = {}): AtlasResponse {
  return { status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) };
}

export function refusal(status: number, errorCode?: string, headers: AtlasResponse['headers'] = {}): AtlasResponse {
  return answer(status, { error: status, ...(errorCode === undefined ? {} : { errorCode }) }, headers);
}

export function request(changes: Partial<AtlasRequest> = {}): AtlasRequest {
  return {
    operation: 'list_exports',
    credential: 'default',
    method: 'GET',
    target: TARGET,
    headers: { accept: 'application/json' },
    timeBudget: { remainingSeconds: 60 },
    ...changes,
  };
}

export type Step =
  | AtlasResponse
  | Error
  | ((request: AtlasRequest, signal: AbortSignal) => AtlasResponse | Promise<AtlasResponse>);

export interface ScriptedTransport {
  readonly transport: Transport;
  readonly requests: readonly AtlasRequest[];
  /** The Authorization header of each request so far. */
  authorizations(): (string | undefined)[];
}

/** Answers with the steps in order; the last one is repeated. It signs requests as the exchange does. */
export function scripted(...script: readonly Step[]): ScriptedTransport {
  const requests: AtlasRequest[] = [];
  return {
    requests,
    authorizations: () => requests.map(({ headers }) => headers['authorization']),
    async transport({ sign, ...unsigned }, signal) {
      const authorization = await sign?.(signal);
      const headers = { ...unsigned.headers, ...(authorization === undefined ? {} : { authorization }) };
      const sent = { ...unsigned, headers };
      const step = script[Math.min(requests.length, script.length - 1)];
      requests.push(sent);
      if (step === undefined) throw new Error('the script is empty');
      if (step instanceof Error) throw step;
      // A copy, since the client empties the body after decoding.
      return typeof step === 'function' ? step(sent, signal) : { ...step };
    },
  };
}

type EventOf<Name extends keyof AtlasObserver> = NonNullable<Parameters<AtlasObserver[Name]>[0]>;

export function recordingObserver() {
  const requests: EventOf<'request'>[] = [];
  const retries: EventOf<'retry'>[] = [];
  const tokens: EventOf<'token'>[] = [];
  const deprecations: EventOf<'deprecated'>[] = [];
  const secrets: string[] = [];
  /** The reason for which the circuit was opened, and `closed`, in the order of events. */
  const circuit: string[] = [];
  const observer: AtlasObserver = {
    request: (event) => requests.push(event),
    retry: (event) => retries.push(event),
    token: (event) => tokens.push(event),
    deprecated: (event) => deprecations.push(event),
    secret: (token) => secrets.push(token),
    circuitOpened: ({ reason }) => circuit.push(reason),
    circuitClosed: () => circuit.push('closed'),
  };
  return { ...observer, requests, retries, tokens, deprecations, secrets, circuit };
}

/** The outcome of a promise, so that a rejection can be checked later. */
export function outcomeOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.catch((error: unknown) => error);
}

/** A promise to be settled from outside. */
export function gate<T>(): { readonly promise: Promise<T>; open(value: T): void; fail(error: Error): void } {
  let open: (value: T) => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const promise = new Promise<T>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  return { promise, open: (value) => open(value), fail: (error) => fail(error) };
}
