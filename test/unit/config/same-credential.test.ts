import { describe, expect, test } from '@jest/globals';
import type { CredentialConfig, SecretSource } from '../../../src/config/config.ts';
import { isSameCredential } from '../../../src/config/same-credential.ts';

const inline = (value: string): SecretSource => ({ description: 'inline', read: async () => value });
const file = (path: string, read: () => Promise<string>): SecretSource => ({ description: `file ${path}`, read });
const account = (clientSecret: SecretSource): CredentialConfig => ({
  name: 'a',
  kind: 'service_account',
  clientId: inline('id'),
  clientSecret,
});
const key = (privateKey: SecretSource): CredentialConfig => ({
  name: 'a',
  kind: 'api_key',
  publicKey: inline('id'),
  privateKey,
});
const token = (accessToken: SecretSource): CredentialConfig => ({ name: 'a', kind: 'access_token', accessToken });
const unreadable = () => Promise.reject(new Error('no such file'));

describe('a credential', () => {
  test.each([['account', account] as const, ['key', key] as const, ['token', token] as const])(
    'of the kind %s is the same with the same secrets, and another with others',
    async (_kind, make) => {
      expect(await isSameCredential(make(inline('x')), make(inline('x')))).toBe(true);
      expect(await isSameCredential(make(inline('x')), make(inline('y')))).toBe(false);
    },
  );

  test('whose file has been rotated is the same: it is read again when it is needed', async () => {
    const contents = 'new';
    const now = () => Promise.resolve(contents);
    expect(await isSameCredential(token(file('/a', now)), token(file('/a', now)))).toBe(true);
  });

  test('from another place is another, also where the secret is the same', async () => {
    expect(await isSameCredential(token(inline('x')), token(file('/a', async () => 'x')))).toBe(false);
    expect(await isSameCredential(token(file('/a', async () => 'x')), token(file('/b', async () => 'x')))).toBe(false);
  });

  test('of another kind is another', async () => {
    expect(await isSameCredential(account(inline('x')), key(inline('x')))).toBe(false);
    expect(await isSameCredential(token(inline('x')), key(inline('x')))).toBe(false);
  });

  test('that can’t be read just now is another', async () => {
    expect(await isSameCredential(token(file('/a', unreadable)), token(file('/a', unreadable)))).toBe(false);
  });

  test('is the same whenever it expires', async () => {
    expect(await isSameCredential(token(inline('x')), { ...token(inline('x')), expiresAtSeconds: 5 })).toBe(true);
  });
});
