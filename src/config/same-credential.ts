/**
 * Whether two configs mean the same credential, so that what was got with it, a token for one, is still good. When it expires
 * is not part of that.
 */
import type { CredentialConfig, SecretSource } from './config.ts';

export async function isSameCredential(a: CredentialConfig, b: CredentialConfig): Promise<boolean> {
  const [mine, others] = [secretsOf(a), secretsOf(b)];
  if (a.kind !== b.kind || mine.length !== others.length) return false;
  const same = await Promise.all(
    mine.map(async (secret, index) => {
      const other = others[index];
      return other !== undefined && (await isSameSecret(secret, other));
    }),
  );
  return same.every(Boolean);
}

/**
 * By where they come from, as a rotated secret is still the same one; and by what they are, as all that stand in the config
 * come from the same place. One that can't be read just now is another: that costs a token at most.
 */
async function isSameSecret(a: SecretSource, b: SecretSource): Promise<boolean> {
  if (a.description !== b.description) return false;
  const values = await Promise.allSettled([a.read(), b.read()]);
  const [mine, other] = values.map((value) => (value.status === 'fulfilled' ? value.value : undefined));
  return mine !== undefined && mine === other;
}

function secretsOf(credential: CredentialConfig): readonly SecretSource[] {
  switch (credential.kind) {
    case 'service_account':
      return [credential.clientId, credential.clientSecret];
    case 'api_key':
      return [credential.publicKey, credential.privateKey];
    case 'access_token':
      return [credential.accessToken];
  }
}
