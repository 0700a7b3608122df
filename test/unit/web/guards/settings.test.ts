import { expect, test } from '@jest/globals';
import { readersOf, type TlsSettings, UNGUARDED } from '../../../../src/web/guards/settings.ts';

const tls = (clientCertificates: TlsSettings['clientCertificates']) => ({
  ...UNGUARDED,
  tls: { clientCertificates } as TlsSettings,
});

test('readers count as authenticated only if each of them has shown a password or a verified certificate', () => {
  expect(readersOf({ ...UNGUARDED, users: new Map([['a', 'hash']]) })).toBe('authenticated');
  expect(readersOf(tls('required'))).toBe('authenticated');
  for (const open of [UNGUARDED, ...(['none', 'requested', 'any', 'if_given'] as const).map(tls)])
    expect(readersOf(open)).toBe('anyone');
});
