import { expect, test } from '@jest/globals';
import { decodeBasic } from '../../../../src/web/guards/auth.ts';

const encode = (text: string | Buffer): string => Buffer.from(text).toString('base64');

test.each([
  ['Basic', `Basic ${encode('ann:secret')}`, { name: 'ann', password: 'secret' }],
  ['another case and more spaces', `bAsIc   ${encode('ann:secret')} `, { name: 'ann', password: 'secret' }],
  ['colons in the password', `Basic ${encode('ann:a:b')}`, { name: 'ann', password: 'a:b' }],
  ['no name and no password', `Basic ${encode(':')}`, { name: '', password: '' }],
  ['UTF-8', `Basic ${encode('änn:pässwört\n')}`, { name: 'änn', password: 'pässwört\n' }],
])('%s is understood', (_what, header, given) => {
  expect(decodeBasic(header)).toEqual(given);
});

test.each([
  ['nothing', undefined],
  ['an empty header', ''],
  ['another scheme', 'Bearer abc'],
  ['no colon', `Basic ${encode('ann')}`],
  ['no base64', 'Basic ann:secret'],
  ['nothing behind the scheme', 'Basic '],
  ['two of them', `Basic ${encode('a:b')}, Basic ${encode('a:b')}`],
])('%s is none', (_what, header) => {
  expect(decodeBasic(header)).toBeUndefined();
});
