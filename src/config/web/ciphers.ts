/** Cipher suites for TLS 1.2: the web config file uses Go's names, Node.js uses OpenSSL's. */

/** The suites that Go considers secure, in the order of preference. */
const OPENSSL_NAMES: Readonly<Record<string, string>> = {
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 'ECDHE-RSA-AES128-GCM-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 'ECDHE-RSA-AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-ECDSA-CHACHA20-POLY1305',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-RSA-CHACHA20-POLY1305',
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: 'ECDHE-ECDSA-AES128-SHA',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: 'ECDHE-RSA-AES128-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: 'ECDHE-ECDSA-AES256-SHA',
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: 'ECDHE-RSA-AES256-SHA',
};

const TLS13_SUITES = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];

export const CIPHER_SUITES: readonly string[] = Object.keys(OPENSSL_NAMES);
/** Without CBC: its implementations have had many padding-oracle attacks. */
export const DEFAULT_CIPHER_SUITES = CIPHER_SUITES.filter((name) => !name.includes('_CBC_'));

/** Why a suite cannot be used, or undefined if it can. */
export function problemWithCipherSuite(name: string): string | undefined {
  if (CIPHER_SUITES.includes(name)) return undefined;
  if (TLS13_SUITES.includes(name))
    return 'belongs to TLS 1.3, which always has all its suites: list suites of TLS 1.2 only';
  if (/^TLS_RSA_WITH_|_RC4_|_3DES_|_CBC_SHA256$/.test(name)) return 'is insecure according to Go and not supported';
  return `is not a supported cipher suite; supported are ${CIPHER_SUITES.join(', ')}`;
}

/** As an OpenSSL cipher list. */
export function opensslCiphers(names: readonly string[]): string {
  return names.map((name) => OPENSSL_NAMES[name]).join(':');
}
