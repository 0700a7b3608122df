import { describe, expect, test } from '@jest/globals';
import { negotiate } from '../../../src/web/guards/answer.ts';
import { type AuthSettings, createPasswordCheck, decodeBasic, networkOf } from '../../../src/web/guards/auth.ts';
import { hasName } from '../../../src/web/guards/listen.ts';

describe('the Authorization header', () => {
  const encode = (text: string): string => Buffer.from(text).toString('base64');

  test.each([
    ['Basic', `Basic ${encode('ann:secret')}`, { name: 'ann', password: 'secret' }],
    ['another case and more spaces', `bAsIc   ${encode('ann:secret')} `, { name: 'ann', password: 'secret' }],
    ['a password with colons', `Basic ${encode('ann:a:b')}`, { name: 'ann', password: 'a:b' }],
    ['an empty name and password', `Basic ${encode(':')}`, { name: '', password: '' }],
    ['UTF-8', `Basic ${encode('änn:pässwört\n')}`, { name: 'änn', password: 'pässwört\n' }],
  ])('is decoded: %s', (_what, header, given) => {
    expect(decodeBasic(header)).toEqual(given);
  });

  test.each([
    ['no header', undefined],
    ['another scheme', 'Bearer abc'],
    ['no colon', `Basic ${encode('ann')}`],
    ['not base64', 'Basic ann:secret'],
    ['nothing after the scheme', 'Basic '],
    ['two headers joined', `Basic ${encode('a:b')}, Basic ${encode('a:b')}`],
  ])('is refused: %s', (_what, header) => {
    expect(decodeBasic(header)).toBeUndefined();
  });
});

/** Used in place of a bcrypt hash. */
const hashOf = (password: string): string => `hash of ${password}`;
const ann = () => new Map([['ann', hashOf('a')]]);

/** `compared` lists the hash of each comparison. */
function build(users: Map<string, string>, settings: Partial<AuthSettings> = {}) {
  const compared: string[] = [];
  const check = createPasswordCheck({
    guards: () => ({ users }),
    comparePassword(password, hash) {
      compared.push(hash);
      return Promise.resolve(hash === hashOf(password));
    },
    passwordKey: 'k',
    ...settings,
  });
  const verify = (name: string, password: string, address = '192.0.2.1') => check(name, password, address);
  return { verify, compared };
}

describe('a password', () => {
  test('is correct for its own user only', async () => {
    const { verify } = build(new Map([...ann(), ['bob', hashOf('b')]]));
    expect(await verify('ann', 'a')).toBe('right');
    expect(await verify('ann', 'b')).toBe('wrong');
    expect(await verify('bob', 'a')).toBe('wrong');
    expect(await verify('', '')).toBe('wrong');
  });

  test('is compared once if it is correct, and each time if it is wrong', async () => {
    const { verify, compared } = build(ann());
    for (let attempt = 0; attempt < 3; attempt += 1) await verify('ann', 'a');
    expect(compared).toHaveLength(1);
    for (let attempt = 0; attempt < 3; attempt += 1) await verify('ann', 'x');
    expect(compared).toHaveLength(4);
  });

  test('is no longer correct after its user was changed or removed', async () => {
    const users = ann();
    const { verify } = build(users);
    await verify('ann', 'a');
    users.set('ann', hashOf('new'));
    expect(await verify('ann', 'a')).toBe('wrong');
    expect(await verify('ann', 'new')).toBe('right');
    users.delete('ann');
    users.set('bob', hashOf('b'));
    expect(await verify('ann', 'new')).toBe('wrong');
  });

  test('is wrong if its user is removed during the comparison', async () => {
    const users = ann();
    const { verify } = build(users, {
      comparePassword() {
        users.delete('ann');
        return Promise.resolve(true);
      },
    });
    expect(await verify('ann', 'a')).toBe('wrong');
  });

  test('is compared once for requests at the same time', async () => {
    const { verify, compared } = build(ann());
    const verdicts = await Promise.all(Array.from({ length: 50 }, () => verify('ann', 'a')));
    expect(new Set(verdicts)).toEqual(new Set(['right']));
    expect(compared).toHaveLength(1);
  });

  test('of more than 72 bytes is wrong, since bcrypt ignores the rest', async () => {
    const long = 'ä'.repeat(36);
    const { verify } = build(new Map([['ann', hashOf(long)]]), { comparePassword: () => Promise.resolve(true) });
    expect(await verify('ann', long)).toBe('right');
    expect(await verify('ann', `${long}a`)).toBe('wrong');
  });

  test('can be tried again after a comparison has failed', async () => {
    let fails = true;
    const { verify } = build(ann(), {
      comparePassword: () => (fails ? Promise.reject(new Error('no thread')) : Promise.resolve(true)),
    });
    await expect(verify('ann', 'a')).rejects.toThrow('no thread');
    fails = false;
    expect(await verify('ann', 'a')).toBe('right');
  });
});

describe('an unknown name', () => {
  test('needs one comparison each time, always with the hash of the same user', async () => {
    const { verify, compared } = build(new Map([...ann(), ['bob', hashOf('b')]]));
    for (let attempt = 0; attempt < 3; attempt += 1) expect(await verify(`nobody${attempt}`, 'x')).toBe('wrong');
    expect(compared).toEqual([hashOf('a'), hashOf('a'), hashOf('a')]);
  });

  test('is refused even with the password of the user whose hash is compared', async () => {
    const { verify } = build(ann());
    expect(await verify('nobody', 'a')).toBe('wrong');
    expect(await verify('nobody', 'a')).toBe('wrong');
  });
});

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['::1', ':0:0:0'],
])('the network of %s is %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});

const OM = 'application/openmetrics-text';

test.each([
  ['no header', undefined, 'text'],
  ['curl', '*/*', 'text'],
  ['a browser', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text'],
  [
    'Prometheus 2',
    `${OM};version=1.0.0,${OM};version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1`,
    'openmetrics',
  ],
  [
    'Prometheus 3',
    `${OM};version=1.0.0;escaping=allow-utf-8;q=0.6,${OM};version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2`,
    'openmetrics',
  ],
  ['a scraper that prefers text', `${OM};q=0.3,text/plain;version=0.0.4;q=0.9`, 'text'],
  [
    'a scraper that prefers protobuf',
    `application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,${OM};version=1.0.0;q=0.6,text/plain;q=0.4`,
    'openmetrics',
  ],
  ['a scraper that accepts OpenMetrics only', OM, 'openmetrics'],
  ['a client that accepts images only', 'image/png', 'text'],
  ['an invalid header', ';;;q=x,,', 'text'],
])('the format for %s', (_client, accept, format) => {
  expect(negotiate({ accept }).format).toBe(format);
});

test.each([
  [undefined, false],
  ['gzip', true],
  ['gzip, deflate, br', true],
  ['br, gzip;q=0.5', true],
  ['gzip;q=0', false],
  ['identity', false],
  ['br', false],
])('with Accept-Encoding %p gzip is %p', (encoding, gzip) => {
  expect(negotiate(encoding === undefined ? {} : { 'accept-encoding': encoding }).gzip).toBe(gzip);
});

test.each([
  ['DNS:a.example, URI:spiffe://x/y, email:me@a.example', 'a.example', true],
  ['DNS:a.example, URI:spiffe://x/y, email:me@a.example', 'spiffe://x/y', true],
  ['DNS:a.example, URI:spiffe://x/y, email:me@a.example', 'me@a.example', true],
  ['DNS:a.example', 'A.example', false],
  ['DNS:*.example', 'a.example', false],
  ['DNS:a.example', 'example', false],
  ['DNS:a.example', 'DNS:a.example', false],
  ['DirName:"CN=x, DNS:a.example"', 'a.example', false],
  ['URI:"x, DNS:a.example"', 'a.example', false],
  ['URI:"x\\", DNS:a.example, URI:\\"y"', 'a.example', false],
  ['URI:"x, DNS:a.example"', 'x, DNS:a.example', true],
  ['DirName:"CN=x, DNS:a.example, O=y", DNS:b', 'a.example', false],
  ['DirName:"CN=x, DNS:a.example, O=y", DNS:b', 'b', true],
  ['othername:UPN:"x, DNS:a.example, y"', 'a.example', false],
  ['othername:<unsupported>, DNS:a.example', 'a.example', true],
  [undefined, 'a.example', false],
])('a certificate for %s has the name %s: %s', (subjectAltName, name, expected) => {
  expect(hasName({ subjectAltName, checkIP: () => undefined }, name)).toBe(expected);
});

test('an address is compared as an address', () => {
  const checkIP = (ip: string) => (ip === '2001:db8::1' ? ip : undefined);
  const certificate = { subjectAltName: 'IP Address:2001:DB8:0:0:0:0:0:1', checkIP };
  expect(hasName(certificate, '2001:db8::1')).toBe(true);
  expect(hasName(certificate, '2001:db8::2')).toBe(false);
});
