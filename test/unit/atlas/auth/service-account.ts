/** A service account before a scripted Atlas: records its token requests and its signed requests. */
import { createServiceAccount } from '../../../../src/atlas/auth/token.ts';
import type { AtlasRequest, AtlasResponse } from '../../../../src/atlas/http/transport.ts';
import { unlessAborted } from '../../../../src/support/abortable.ts';
import { createFakeRuntime } from '../../../support/fake-runtime.ts';
import { answer, credential, never, recordingObserver, refusal, request, type Step, scripted } from '../support.ts';

/** Like refusal, but short enough for lists of answers. */
export const refused = (status: number, errorCode?: string): AtlasResponse => refusal(status, errorCode);

export interface Script {
  readonly clientId?: string;
  /** The secrets in the order in which they are read; the last one is repeated. */
  readonly secrets?: readonly (string | Error | Promise<string>)[];
  /** The answers to token requests: a number is a token (t1, t2, …) with this lifetime in seconds. */
  readonly mints?: readonly (Step | number)[];
  readonly mintTakesSeconds?: number;
  readonly answers?: readonly Step[];
  readonly revocations?: readonly Step[];
  /** What a request waits for before it is sent. */
  readonly queue?: () => Promise<void>;
}

export function serviceAccount({ clientId = 'mdb_sa_id', secrets = ['s'], ...script }: Script = {}) {
  const { mints = [3600], mintTakesSeconds = 0, answers = [answer(200)], revocations = [answer(200)] } = script;
  const runtime = createFakeRuntime();
  const observer = recordingObserver();
  let minted = 0;
  let reads = 0;
  const steps = mints.map((step): Step => {
    if (typeof step !== 'number') return step;
    return () => answer(200, { access_token: `t${++minted}`, expires_in: step, token_type: 'Bearer' });
  });
  const oauth = scripted(...steps);
  const revocation = scripted(...revocations);
  const atlas = scripted(...answers);
  const readSecret = async () => {
    const secret = secrets[Math.min(reads++, secrets.length - 1)];
    if (secret instanceof Error) throw secret;
    return secret ?? '';
  };
  const account = credential('service_account', { client_id: async () => clientId, client_secret: readSecret });
  const { authorize, end } = createServiceAccount(account, {
    runtime,
    observer,
    async exchange(sent, signal) {
      signal.throwIfAborted();
      const transport = sent.operation === 'revoke' ? revocation.transport : oauth.transport;
      const response = await unlessAborted(transport(sent, signal), signal);
      if (sent.operation === 'token' && mintTakesSeconds > 0) await runtime.sleep(mintTakesSeconds);
      return response;
    },
  });
  const transport = authorize(async (sent, signal) => {
    await script.queue?.();
    return atlas.transport(sent, signal);
  });
  return {
    runtime,
    observer,
    tokenCalls: oauth.requests,
    /** The tokens that were revoked so far. */
    revoked: () => revocation.requests.map(({ body }) => new URLSearchParams(body).get('token')),
    revocations: revocation.requests,
    end,
    /** The token of each request to the API so far. */
    sentWith: () => atlas.authorizations().map((header) => header?.replace(/^Bearer /, '')),
    send: async (signal: AbortSignal = never) => (await transport(request(), signal)).status,
  };
}

/** A token request, its credentials decoded. */
export function mintRequest({ method, target, headers, body, budget }: AtlasRequest) {
  const [scheme, encoded = ''] = (headers['authorization'] ?? '').split(' ');
  return {
    method,
    target,
    contentType: headers['content-type'],
    body,
    basic: scheme === 'Basic' ? Buffer.from(encoded, 'base64').toString('utf8') : undefined,
    budget,
  };
}
