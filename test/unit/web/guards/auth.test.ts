import { describe, expect, test } from '@jest/globals';
import { type AuthSettings, createPasswords, decodeBasic, networkOf } from '../../../../src/web/guards/auth.ts';

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
  const passwords = createPasswords({
    guards: () => ({ users }),
    comparePassword(password, hash) {
      compared.push(hash);
      return Promise.resolve(hash === hashOf(password));
    },
    passwordKey: 'k',
    ...settings,
  });
  const verify = (name: string, password: string, address = '192.0.2.1') => passwords.verify(name, password, address);
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
