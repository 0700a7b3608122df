/** Cipher suites by the names that Go gives them, as the web config file does, and as OpenSSL and so Node.js knows them. */

/** For TLS 1.2: those that Go counts as secure, in the order of preference. */
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

/** They stay as they are, whatever is listed for TLS 1.2. */
const TLS13_SUITES = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];

export const CIPHER_SUITES: readonly string[] = Object.keys(OPENSSL_NAMES);
/** What is offered where nothing else is asked for: without CBC, whose implementations have leaked too often. */
export const DEFAULT_CIPHER_SUITES = CIPHER_SUITES.filter((name) => !name.includes('_CBC_'));

/** Why a suite can't be chosen; undefined where it can. */
export function wrongWithCipherSuite(name: string): string | undefined {
  if (Object.hasOwn(OPENSSL_NAMES, name)) return undefined;
  if (TLS13_SUITES.includes(name)) return 'is a suite of TLS 1.3, which has all of its own: list only those of TLS 1.2';
  if (/^TLS_RSA_WITH_|_RC4_|_3DES_|_CBC_SHA256$/.test(name)) return 'is one that Go calls insecure: it is not offered';
  return `is no cipher suite that can be chosen: those are ${CIPHER_SUITES.join(', ')}`;
}

/** What Node.js and OpenSSL want to hear. */
export function opensslCiphers(names: readonly string[]): string {
  return names.map((name) => OPENSSL_NAMES[name]).join(':');
}
