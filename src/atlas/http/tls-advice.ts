/** What to do about a certificate that is not trusted, by the code of the error. */

const OWN_AUTHORITY =
  'the certificate comes from an authority that this host does not trust, often a proxy that inspects TLS: set the authority’s certificate in atlas.ca_file, or in NODE_EXTRA_CA_CERTS';

const ADVICE: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED:
    'the certificate has expired: the operator of that server or proxy must renew it; check this host’s clock too',
  CERT_NOT_YET_VALID: 'the certificate is not valid yet: check this host’s clock',
  ERR_TLS_CERT_ALTNAME_INVALID:
    'the certificate is for another name: check atlas.base_url, HTTPS_PROXY, DNS and TLS inspection',
};

/** Error codes of Node.js for a certificate chain without a trusted root. */
const UNTRUSTED = [
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'CERT_UNTRUSTED',
  'INVALID_CA',
];

export function tlsAdvice(code: string | undefined): string | undefined {
  if (code === undefined) return undefined;
  return UNTRUSTED.includes(code) ? OWN_AUTHORITY : ADVICE[code];
}

/** Codes of Node and OpenSSL are constants (ECONNREFUSED, CERT_HAS_EXPIRED); any other text is left out. */
export function codeOf(error: unknown): string | undefined {
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' && /^[A-Z0-9_]{1,64}$/.test(code) ? code : undefined;
}
