import { describe, expect, test } from '@jest/globals';
import { createDigestSession } from '../../../../src/atlas/auth/digest.ts';
import type { Transport } from '../../../../src/atlas/http/transport.ts';
import { createFakeRuntime } from '../../../support/fake-runtime.ts';
import { answer, credential, gate, never, refusal, request, type Step, scripted } from '../support.ts';

const challenge = (nonce: string, more = '') =>
  refusal(401, undefined, { 'www-authenticate': `Digest realm="r", nonce="${nonce}", qop="auth"${more}` });
const ok = answer(200);

/** A session whose key is read from a list, in order; the last one is repeated. */
function session(keys: readonly string[], ...script: readonly Step[]) {
  const atlas = scripted(...script);
  let reads = 0;
  const privateKey = async () => keys[Math.min(reads++, keys.length - 1)] ?? '';
  const authorize = createDigestSession(
    credential('api_key', { public_key: async () => 'public', private_key: privateKey }),
    createFakeRuntime(),
  );
  const signed = authorize(atlas.transport);
  return {
    send: async (transport: Transport = signed) => (await transport(request(), never)).status,
    authorize,
    atlas,
    reads: () => reads,
    /** Nonce and count of each request; `-` where it wasn't signed. */
    uses: () => atlas.authorizations().map(useIn),
  };
}

function useIn(authorization: string | undefined): string {
  const [, nonce, count] = /nonce="(\w+)".* nc=(\w{8})/.exec(authorization ?? '') ?? [];
  return nonce === undefined || count === undefined ? '-' : `${nonce} ${Number.parseInt(count, 16)}`;
}

describe('a digest session', () => {
  test('asks for a challenge once, then signs every request with a rising count', async () => {
    const { send, uses, reads } = session(['key'], challenge('A'), ok);
    expect([await send(), await send(), await send()]).toEqual([200, 200, 200]);
    expect(uses()).toEqual(['-', 'A 1', 'A 2', 'A 3']);
    expect(reads()).toBe(1);
  });

  test.each([[', stale=true'], [', stale=false']])('answers a new challenge (%s) once and keeps it', async (more) => {
    const { send, uses } = session(['key'], challenge('A'), ok, challenge('B', more), ok);
    expect([await send(), await send(), await send()]).toEqual([200, 200, 200]);
    expect(uses()).toEqual(['-', 'A 1', 'A 2', 'B 1', 'B 2']);
  });

  test.each([
    [2, 200],
    [3, 200],
    [4, 401],
  ])('makes up to three attempts while nonces are stale at once (%d wanted)', async (legs, expected) => {
    const stale = ['A', 'B', 'C', 'D'].map((nonce) => challenge(nonce, ', stale=true'));
    const { send, uses } = session(['key'], ...stale.slice(0, legs - 1), ok);
    expect(await send()).toBe(expected);
    expect(uses()).toEqual(['-', 'A 1', 'B 1'].slice(0, legs));
  });

  test('signs when a request is sent, not when it begins to wait for its turn', async () => {
    const turn = gate<void>();
    const { send, authorize, atlas, uses } = session(['key'], challenge('A'), ok, challenge('B'), ok);
    await send();
    const queued = send(
      authorize(async (sent, signal) => {
        await turn.promise;
        return atlas.transport(sent, signal);
      }),
    );
    await send();
    turn.open();
    expect(await queued).toBe(200);
    expect(uses()).toEqual(['-', 'A 1', 'A 2', 'B 1', 'B 2']);
  });

  test('reads the key again with each challenge, so that a rotated key needs no restart', async () => {
    const { send, atlas, reads } = session(['old', 'new'], challenge('A'), ok, challenge('B'), ok);
    expect([await send(), await send()]).toEqual([200, 200]);
    expect(reads()).toBe(2);
    expect(atlas.requests).toHaveLength(4);
  });

  test.each([
    ['no WWW-Authenticate', refusal(401, 'NOT_IN_GROUP')],
    ['another scheme', refusal(401, undefined, { 'www-authenticate': 'Bearer realm="r"' })],
    ['a challenge that can’t be answered', challenge('A', ', algorithm=SHA-512-256')],
  ])('hands a 401 with %s back as it is', async (_what, response) => {
    const { send, uses, reads } = session(['key'], response);
    expect(await send()).toBe(401);
    expect([uses(), reads()]).toEqual([['-'], 0]);
  });

  test('does not send a request that it cannot sign, and reads the key again for the next one', async () => {
    const atlas = scripted(challenge('A'));
    let reads = 0;
    const unreadable = () => (++reads > 1 ? Promise.resolve('back') : Promise.reject(new Error('no key')));
    const signed = createDigestSession(
      credential('api_key', { public_key: unreadable, private_key: unreadable }),
      createFakeRuntime(),
    )(atlas.transport);
    await expect(signed(request(), never)).rejects.toThrow('can’t be read');
    expect(atlas.requests).toHaveLength(1);
    await signed(request(), never);
    expect(atlas.authorizations()[1]).toContain('username="back"');
  });
});

describe('requests in parallel', () => {
  test('never use a count twice', async () => {
    const { send, uses } = session(['key'], challenge('A'), ok);
    await send();
    await Promise.all(Array.from({ length: 20 }, () => send()));
    expect(new Set(uses()).size).toBe(22);
  });

  test('never use a count twice, also if each of the first requests is offered another nonce', async () => {
    let offered = 0;
    const step: Step = ({ headers }) => (headers['authorization'] === undefined ? challenge(`n${offered++}`) : ok);
    const { send, uses } = session(['key'], step);
    expect(await Promise.all(Array.from({ length: 12 }, () => send()))).toEqual(Array(12).fill(200));
    const signed = uses().filter((use) => use !== '-');
    expect([signed.length, new Set(signed).size]).toEqual([12, 12]);
  });
});
