import { describe, expect, test } from '@jest/globals';
import { type CredentialSettings, createCredential } from '../../../../src/atlas/auth/credentials.ts';
import { AtlasError } from '../../../../src/atlas/error.ts';
import { createFakeRuntime } from '../../../support/fake-runtime.ts';
import { answer, gate, never, outcomeOf, recordingObserver, refusal, request, scripted } from '../support.ts';

type ReadSecret = () => Promise<string>;

const kinds: readonly [string, (read: ReadSecret) => CredentialSettings, RegExp][] = [
  [
    'service_account',
    (read) => ({ name: 'main', kind: 'service_account', clientId: read, clientSecret: read }),
    /^Bearer minted$/,
  ],
  [
    'api_key',
    (read) => ({ name: 'main', kind: 'api_key', publicKey: read, privateKey: read }),
    /^Digest username="secret"/,
  ],
  ['access_token', (read) => ({ name: 'main', kind: 'access_token', accessToken: read }), /^Bearer secret$/],
];

function setUp(settings: CredentialSettings) {
  const atlas = scripted(({ headers }) =>
    headers['authorization'] === undefined
      ? refusal(401, undefined, { 'www-authenticate': 'Digest realm="r", nonce="n", qop="auth"' })
      : answer(200),
  );
  const runtime = createFakeRuntime();
  const { authorize } = createCredential(settings, {
    runtime,
    observer: recordingObserver(),
    exchange: async () => answer(200, { access_token: 'minted', expires_in: 3600 }),
  });
  return { atlas, runtime, send: () => authorize(atlas.transport)(request(), never) };
}

describe.each(kinds)('the credential kind %s', (_kind, settingsFor, authorization) => {
  test('signs requests in its way', async () => {
    const { atlas, send } = setUp(settingsFor(async () => 'secret'));
    expect((await send()).status).toBe(200);
    expect(atlas.authorizations().at(-1)).toMatch(authorization);
  });

  test('is unauthorized when a secret can’t be read, and doesn’t say what was read', async () => {
    const { send } = setUp(settingsFor(() => Promise.reject(new Error('ENOENT /run/secrets/hidden'))));
    const error = await outcomeOf(send());
    expect(error).toBeInstanceOf(AtlasError);
    expect(error).toMatchObject({
      reason: 'unauthorized',
      message: expect.stringMatching(/^(no access token: )?a secret of credential main can’t be read$/),
    });
    expect((error as Error).cause).toBeUndefined();
    expect(error).toMatchObject({ advice: expect.stringContaining('the secret’s file') });
  });

  test('waits five seconds for a secret; one that hangs is read by nobody else until it comes', async () => {
    const hanging = gate<string>();
    let reads = 0;
    const read = () => {
      reads += 1;
      return hanging.promise;
    };
    const { send, runtime } = setUp(settingsFor(read));
    const first = outcomeOf(send());
    await runtime.advance(4.9);
    const before = reads;
    await runtime.advance(0.2);
    expect(await first).toMatchObject({ reason: 'unauthorized' });
    // A failed mint is not tried again for a while.
    await runtime.advance(15);
    expect(await outcomeOf(send())).toMatchObject({ reason: 'unauthorized' });
    expect(reads).toBe(before);
    hanging.open('secret');
    await runtime.advance(30);
    expect(await send()).toMatchObject({ status: 200 });
  });
});
