import { expect, test } from '@jest/globals';
import { createDigestAuth } from '../../../src/simulator/digest-auth.ts';
import { digestHeader, nonceOf } from './call.ts';

const uri = '/api/atlas/v2/groups?pageNum=1';
const key = { publicKey: 'na"me', privateKey: 'secret' };

function create() {
  let made = 0;
  const random = (bytes: number) => {
    made += 1;
    return Buffer.alloc(bytes, made.toString(16).padStart(6, '0'));
  };
  const auth = createDigestAuth({ now: () => 0, random, nonceLifetimeSeconds: 60, key: () => key });
  const challenge = () => nonceOf(auth.refuse('GET', uri, undefined)?.headers['WWW-Authenticate']);
  return { auth, challenge };
}

function sign(nonce: string): string {
  const header = digestHeader({ username: key.publicKey, password: key.privateKey, nonce, uri });
  return header.replace('"na"me"', '"na\\"me"');
}

test('quoted values may contain quotes, and spaces around commas are free', () => {
  const { auth, challenge } = create();
  const header = sign(challenge()).replaceAll(', ', ' ,\t');
  expect(auth.refuse('GET', uri, header)).toBeUndefined();
});

test.each([
  ['algorithm=MD5', 'algorithm=SHA-256'],
  ['qop=auth', 'qop=auth-int'],
  ['realm="MMS Public API"', 'realm="elsewhere"'],
  ['cnonce="c25vdw=="', 'cnonce=""'],
  ['Digest ', 'Digested '],
])('a proof with %s turned into %s is none', (from, to) => {
  const { auth, challenge } = create();
  const refusal = auth.refuse('GET', uri, sign(challenge()).replace(from, to));
  expect(refusal?.headers['WWW-Authenticate']).toContain('stale=false');
});

test('of the nonces that nobody answers only the newest thousand are kept', () => {
  const { auth, challenge } = create();
  const [first, second] = [challenge(), challenge()];
  for (let more = 0; more < 999; more += 1) {
    challenge();
  }
  expect(auth.refuse('GET', uri, sign(second))).toBeUndefined();
  expect(auth.refuse('GET', uri, sign(first))?.headers['WWW-Authenticate']).toContain('stale=true');
});
