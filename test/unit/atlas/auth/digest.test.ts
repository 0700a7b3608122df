import { describe, expect, test } from '@jest/globals';
import {
  type DigestChallenge,
  type DigestInput,
  digestAuthorization,
  parseDigestChallenge,
} from '../../../../src/atlas/auth/digest.ts';

const RFC_REALM = 'http-auth@example.org';
const RFC_NONCE = '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v';
const RFC_OPAQUE = 'FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS';
const RFC_CNONCE = 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ';

const rfcChallenge = (algorithm: string) =>
  `Digest realm="${RFC_REALM}", qop="auth, auth-int", algorithm=${algorithm}, nonce="${RFC_NONCE}", opaque="${RFC_OPAQUE}"`;

function parsed(header: string | readonly string[]): DigestChallenge {
  const challenge = parseDigestChallenge(header);
  if (challenge === undefined) throw new Error('no challenge was found');
  return challenge;
}

function answerTo(header: string, changes: Partial<DigestInput> = {}): string {
  return digestAuthorization({
    challenge: parsed(header),
    username: 'Mufasa',
    password: 'Circle of Life',
    method: 'GET',
    uri: '/dir/index.html',
    nonceCount: 1,
    cnonce: RFC_CNONCE,
    ...changes,
  });
}

const responseIn = (authorization: string) => /response="(\w+)"/.exec(authorization)?.[1];

describe('the answer to a challenge', () => {
  test('is the one of RFC 7616, section 3.9.1', () => {
    expect(answerTo(rfcChallenge('MD5'))).toBe(
      `Digest username="Mufasa", realm="${RFC_REALM}", nonce="${RFC_NONCE}", uri="/dir/index.html", ` +
        `algorithm=MD5, response="8ca523f5e9506fed4657c9700eebdbec", opaque="${RFC_OPAQUE}", qop=auth, nc=00000001, cnonce="${RFC_CNONCE}"`,
    );
  });

  test('to Atlas is the one that curl computes', () => {
    const header =
      'Digest realm="MMS Public API", domain="", nonce="NSAKm++K2BQJYzcgPMhbHV58yB2M3vCv", algorithm=MD5, qop="auth", stale=false';
    const authorization = answerTo(header, {
      username: 'pubkey12',
      password: '11111111-2222-3333-4444-555555555555',
      uri: '/api/atlas/v2/groups/32b6e34b3d91647abb20e7b8/clusters/Cluster0/backup/exports?includeCount=true&itemsPerPage=500&pageNum=1',
      cnonce: 'MDI3OTk1ZDY2Yzc3ODBlNDEyNDhjYzllNDIzMjFiZjY=',
    });
    expect(responseIn(authorization)).toBe('8894a0c3ad8e78c79dd8d5c05a09ee76');
  });

  test('escapes quotes and backslashes, so that no value can end early', () => {
    const authorization = answerTo('Digest realm="a \\"b\\" \\\\ c", nonce="n", qop="auth"', {
      username: 'x", uri="/y',
    });
    expect(authorization).toContain('realm="a \\"b\\" \\\\ c"');
    expect(authorization).toContain('username="x\\", uri=\\"/y"');
  });
});

describe('a challenge', () => {
  test('of Atlas is parsed: stale unquoted, no opaque', () => {
    expect(
      parsed('Digest realm="MMS Public API", domain="", nonce="n+/=", algorithm=MD5, qop="auth", stale=false'),
    ).toEqual({
      realm: 'MMS Public API',
      nonce: 'n+/=',
      stale: false,
    });
  });

  test.each([
    ['stale=true', true],
    ['stale="true"', true],
    ['STALE=TRUE', true],
    ['stale="false"', false],
    ['stale=yes', false],
    ['opaque="o"', false],
  ])('with %s is stale: %s', (parameter, stale) => {
    expect(parsed(`Digest realm="r", nonce="n", qop="auth", ${parameter}`).stale).toBe(stale);
  });

  test('may have commas and escaped quotes inside quoted values', () => {
    expect(parsed('Digest realm="a, nonce=\\"x\\", Basic b", nonce="n,o", qop=auth')).toMatchObject({
      realm: 'a, nonce="x", Basic b',
      nonce: 'n,o',
    });
  });

  test('may be written in any case and with blanks around its equals signs', () => {
    expect(parsed('DIGEST Realm = "r" ,NONCE= n,  algorithm="md5", QOP="AUTH"')).toMatchObject({
      realm: 'r',
      nonce: 'n',
    });
  });

  test.each<[string, string | readonly string[] | undefined]>([
    ['no header', undefined],
    ['an empty header', ''],
    ['another scheme', 'Bearer realm="r", nonce="n"'],
    ['the bare scheme', 'Digest'],
    ['no nonce', 'Digest realm="r", qop="auth"'],
    ['no realm', 'Digest nonce="n", qop="auth"'],
    ['no qop', 'Digest realm="r", nonce="n"'],
    ['a -sess algorithm', rfcChallenge('MD5-sess')],
    ['SHA-256', rfcChallenge('SHA-256')],
    ['auth-int only', 'Digest realm="r", nonce="n", qop="auth-int"'],
    ['an empty qop', 'Digest realm="r", nonce="n", qop=""'],
    ['an unterminated quote', 'Digest realm="r, nonce=n'],
  ])('is absent where there is %s', (_what, header) => {
    expect(parseDigestChallenge(header)).toBeUndefined();
  });
});
