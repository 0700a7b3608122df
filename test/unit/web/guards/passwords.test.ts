import { describe, expect, test } from '@jest/globals';
import { createPasswords, type PasswordSettings } from '../../../../src/web/guards/passwords.ts';

/** A hash that says what it is of, and a comparison that keeps what it was asked. */
const hashOf = (password: string): string => `hash of ${password}`;

function build(users: Map<string, string>, settings: Partial<PasswordSettings> = {}) {
  const asked: string[] = [];
  const passwords = createPasswords({
    users: () => users,
    compare(password, hash) {
      asked.push(hash);
      return Promise.resolve(hash === hashOf(password));
    },
    key: 'k',
    ...settings,
  });
  return { ...passwords, asked };
}

const ann = () => new Map([['ann', hashOf('a')]]);

describe('a password', () => {
  test('is right or wrong', async () => {
    const { verify } = build(new Map([...ann(), ['bob', hashOf('b')]]));
    expect(await verify('ann', 'a')).toBe('right');
    expect(await verify('ann', 'b')).toBe('wrong');
    expect(await verify('bob', 'a')).toBe('wrong');
    expect(await verify('', '')).toBe('wrong');
  });

  test('that was right costs nothing the next time, one that was wrong costs each time', async () => {
    const { verify, asked } = build(ann());
    for (let round = 0; round < 3; round += 1) await verify('ann', 'a');
    expect(asked).toHaveLength(1);
    for (let round = 0; round < 3; round += 1) await verify('ann', 'x');
    expect(asked).toHaveLength(4);
  });

  test('is forgotten when its user changes or goes', async () => {
    const users = ann();
    const { verify, asked } = build(users);
    await verify('ann', 'a');
    users.set('ann', hashOf('new'));
    expect(await verify('ann', 'a')).toBe('wrong');
    expect(await verify('ann', 'new')).toBe('right');
    users.delete('ann');
    users.set('bob', hashOf('b'));
    expect(await verify('ann', 'new')).toBe('wrong');
    expect(asked).toHaveLength(4);
  });

  test('of a user who changes while it is checked is wrong', async () => {
    const users = ann();
    const { verify } = build(users, {
      compare(password, hash) {
        users.delete('ann');
        return Promise.resolve(hash === hashOf(password));
      },
    });
    expect(await verify('ann', 'a')).toBe('wrong');
  });

  test('is checked once, however many ask at the same time', async () => {
    const { verify, asked } = build(ann());
    const verdicts = await Promise.all(Array.from({ length: 50 }, () => verify('ann', 'a')));
    expect(new Set(verdicts)).toEqual(new Set(['right']));
    expect(asked).toHaveLength(1);
  });

  test('is one of 16 that are checked at once, at most', async () => {
    let finish: (same: boolean) => void = () => undefined;
    const comparing = new Promise<boolean>((resolve) => {
      finish = resolve;
    });
    const { verify } = build(ann(), { compare: () => comparing });
    const guesses = Array.from({ length: 20 }, (_, index) => verify('ann', String(index)));
    expect(await Promise.all(guesses.slice(16))).toEqual(['busy', 'busy', 'busy', 'busy']);
    finish(false);
    expect(new Set(await Promise.all(guesses.slice(0, 16)))).toEqual(new Set(['wrong']));
    expect(await verify('ann', 'x')).toBe('wrong');
  });

  test('longer than bcrypt looks is wrong without a look', async () => {
    const long = 'ä'.repeat(36);
    const { verify, asked } = build(new Map([['ann', hashOf(long)]]));
    expect(await verify('ann', long)).toBe('right');
    expect(await verify('ann', `${long}a`)).toBe('wrong');
    expect(asked).toHaveLength(1);
  });

  test('whose check fails is not remembered as anything', async () => {
    let fails = true;
    const { verify } = build(ann(), {
      compare: () => (fails ? Promise.reject(new Error('no thread')) : Promise.resolve(true)),
    });
    await expect(verify('ann', 'a')).rejects.toThrow('no thread');
    fails = false;
    expect(await verify('ann', 'a')).toBe('right');
  });
});

describe('a name that nobody has', () => {
  test('costs as much as one that somebody has, always of the same kind', async () => {
    const users = new Map(Array.from({ length: 20 }, (_, index) => [`u${index}`, hashOf(String(index))] as const));
    const { verify, asked } = build(users);
    for (let round = 0; round < 5; round += 1) expect(await verify('nobody', 'x')).toBe('wrong');
    expect(new Set(asked).size).toBe(1);
    expect([...users.values()]).toContain(asked[0]);
    for (let round = 0; round < 50; round += 1) await verify(`nobody${round}`, 'x');
    expect(new Set(asked).size).toBeGreaterThan(5);
  });

  test('comes in with nobody’s password', async () => {
    const { verify } = build(ann());
    expect(await verify('nobody', 'a')).toBe('wrong');
    expect(await verify('nobody', 'a')).toBe('wrong');
  });
});

test('what is remembered is bounded: what was used last stays', async () => {
  const users = new Map(Array.from({ length: 300 }, (_, index) => [`u${index}`, hashOf('x')] as const));
  const { verify, asked } = build(users);
  await verify('u0', 'x');
  for (let index = 1; index < 256; index += 1) await verify(`u${index}`, 'x');
  await verify('u0', 'x');
  expect(asked).toHaveLength(256);
  await verify('u256', 'x');
  await verify('u0', 'x');
  expect(asked).toHaveLength(257);
  await verify('u1', 'x');
  expect(asked).toHaveLength(258);
});
