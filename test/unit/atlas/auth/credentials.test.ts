import { describe, expect, test } from '@jest/globals';
import { createSigner } from '../../../../src/atlas/atlas.ts';
import { type CredentialKind, isSameCredential } from '../../../../src/atlas/auth/credentials.ts';
import { AtlasError } from '../../../../src/atlas/error.ts';
import { createFakeRuntime } from '../../../support/fake-runtime.ts';
import { answer, credential, never, outcomeOf, recordingObserver, refusal, request, scripted } from '../support.ts';

const kinds: readonly [CredentialKind, readonly string[], RegExp][] = [
  ['service_account', ['client_id', 'client_secret'], /^Bearer minted$/],
  ['api_key', ['public_key', 'private_key'], /^Digest username="secret"/],
  ['access_token', ['access_token'], /^Bearer secret$/],
];

describe.each(kinds)('the credential kind %s', (kind, slots, authorization) => {
  function setUp(read: () => Promise<string>) {
    const atlas = scripted(({ headers }) =>
      headers['authorization'] === undefined
        ? refusal(401, undefined, { 'www-authenticate': 'Digest realm="r", nonce="n", qop="auth"' })
        : answer(200),
    );
    const secrets = Object.fromEntries(slots.map((slot) => [slot, read]));
    const runtime = createFakeRuntime();
    const { authorize } = createSigner(credential(kind, secrets), {
      runtime,
      observer: recordingObserver(),
      exchange: async () => answer(200, { access_token: 'minted', expires_in: 3600 }),
    });
    return { atlas, runtime, send: () => authorize(atlas.transport)(request(), never) };
  }

  test('signs requests', async () => {
    const { atlas, send } = setUp(async () => 'secret');
    expect((await send()).status).toBe(200);
    expect(atlas.authorizations().at(-1)).toMatch(authorization);
  });

  test('is unauthorized if a secret can’t be read, without what was read, and with advice', async () => {
    const { send } = setUp(() => Promise.reject(new Error('ENOENT /run/secrets/hidden')));
    const error = await outcomeOf(send());
    expect(error).toBeInstanceOf(AtlasError);
    expect(error).toMatchObject({
      reason: 'unauthorized',
      message: expect.stringMatching(/^(no access token: )?a secret of credential default can’t be read$/),
      advice: expect.stringContaining('the file of the secret'),
    });
    expect((error as Error).cause).toBeUndefined();
  });

  test('is unauthorized after ten seconds if reading a secret never ends', async () => {
    const { send, runtime } = setUp(() => new Promise(() => undefined));
    const sent = outcomeOf(send());
    await runtime.advance(10);
    expect(await sent).toMatchObject({ reason: 'unauthorized' });
  });
});

test('two credentials are the same if their kinds and the sources of their secrets are', () => {
  const read = async () => 'secret';
  const key = (identity: string) => credential('api_key', { public_key: read, private_key: read }, identity);
  expect(isSameCredential(key('file /a'), key('file /a'))).toBe(true);
  expect(isSameCredential(key('file /a'), key('file /b'))).toBe(false);
  const [token, other] = [credential('access_token', { x: read }), credential('service_account', { x: read })];
  expect(isSameCredential(token, other)).toBe(false);
});
