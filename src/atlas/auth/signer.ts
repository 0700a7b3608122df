/** The three kinds of credentials behind one interface. */
import { unlessAborted } from '../../support/abortable.ts';
import { type Credential, readSecret, type Signer, type SignerTools } from './credentials.ts';
import { createDigestSession } from './digest-session.ts';
import { createServiceAccount, isForeignProject, withBearer } from './token.ts';

export function createSigner(credential: Credential, tools: SignerTools): Signer {
  const nothingToEnd = (): Promise<void> => Promise.resolve();
  switch (credential.kind) {
    case 'service_account':
      return createServiceAccount(credential, tools);
    case 'api_key':
      return { authorize: createDigestSession(credential, tools.runtime), end: nothingToEnd };
    case 'access_token':
      return { authorize: createReadyMadeToken(credential), end: nothingToEnd };
  }
}

/** A token that somebody else requests: read once, and again when Atlas refuses it, since there may be a new one. */
function createReadyMadeToken(credential: Credential): Signer['authorize'] {
  const read = (signal: AbortSignal): Promise<string> => unlessAborted(readSecret(credential, 'access_token'), signal);
  let value: string | undefined;
  return (next) =>
    async function withToken(request, signal) {
      value ??= await read(signal);
      const used = value;
      const response = await next(withBearer(request, used), signal);
      if (response.status !== 401 || isForeignProject(response)) return response;
      value = await read(signal);
      return value === used ? response : next(withBearer(request, value), signal);
    };
}
