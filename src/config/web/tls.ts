/** Loads certificates and keys, and checks the TLS keys of the web config file that depend on each other. */
import { constants, createPrivateKey, X509Certificate } from 'node:crypto';
import { resolve } from 'node:path';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import type { TlsSettings } from '../../web/guards/listen.ts';
import type { FileReader } from '../files.ts';
import type { Mapping, Report } from '../problems.ts';
import { DAY_SECONDS } from '../schema-values.ts';
import { DEFAULT_CIPHER_SUITES, OPENSSL_NAMES, TLS_KEY, type TlsServerConfig } from './schema.ts';

const FILE_KEYS = ['cert_file', 'key_file', 'client_ca_file'] as const;
/** Maximum size of the file: enough for all authorities that an operating system trusts. */
const MAX_BYTES = 1024 * 1024;

type FileKey = (typeof FILE_KEYS)[number];

/** The content of each file that a key names, if it is a certificate or a private key. */
type TlsFiles = Partial<Readonly<Record<FileKey, string>>>;

/**
 * Reads the files and checks what depends on them.
 * @param tls before the schema has checked it
 */
export async function readTlsFiles(tls: Mapping, directory: string, reader: FileReader, report: Report) {
  const files: Partial<Record<FileKey, string>> = {};
  for (const key of FILE_KEYS) {
    const text = tls[key];
    if (typeof text !== 'string' || text === '') continue;
    const problemWith = key === 'key_file' ? problemWithKey : problemWithCertificates;
    const read = await readPem(resolve(directory, text), reader, problemWith);
    if ('problem' in read) report.add([TLS_KEY, key], read.problem);
    else files[key] = read.value;
  }
  checkTls(tls, files, report);
  return files;
}

export async function readPem(path: string, files: FileReader, problemWith = problemWithCertificates) {
  const pem = await files.readSmall(path, MAX_BYTES, 'certificates and keys');
  const problem = 'value' in pem ? problemWith(pem.value) : undefined;
  return problem === undefined ? pem : { problem };
}

function checkTls(tls: Mapping, files: TlsFiles, report: Report): void {
  const { cert_file: cert, key_file: key, client_ca_file: ca } = files;
  const add = (name: string, message: string, part?: 'key'): void => report.add([TLS_KEY, name], message, part);
  const { client_auth_type: type = 'NoClientCert', client_ca_file: authorities, min_version, max_version } = tls;
  const { cipher_suites: suites = [], client_allowed_sans: names } = tls;
  if (type === 'NoClientCert' && authorities !== undefined) {
    add('client_ca_file', 'needs a client_auth_type that uses it, such as RequireAndVerifyClientCert', 'key');
  }
  if (type === 'RequireAndVerifyClientCert' && authorities === undefined) {
    add('client_auth_type', 'needs client_ca_file: else a certificate of any public authority would be accepted');
  }
  if (names !== undefined && type !== 'RequireAndVerifyClientCert') {
    add(
      'client_allowed_sans',
      'needs client_auth_type: RequireAndVerifyClientCert, because the other types verify no name',
      'key',
    );
  }
  if (max_version === 'TLS12' && Array.isArray(suites) && suites.length > 0 && suitesOf(suites).length === 0) {
    add('cipher_suites', 'has no suite of TLS 1.2, which max_version requires');
  }
  if (min_version === 'TLS13' && max_version === 'TLS12') add('max_version', 'is older than min_version');
  if (cert === undefined || key === undefined) return;
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) {
    add('key_file', 'this key does not belong to the certificate in cert_file');
    return;
  }
  // OpenSSL also refuses keys and signatures that it considers too weak.
  const code = codeThrownBy(() => createSecureContext({ cert, key, ...(ca && { ca }) }));
  if (code !== undefined) add('cert_file', `OpenSSL refuses this certificate or its key (${code})`);
}

/** For values and files without problems. */
export function buildTls(tls: TlsServerConfig, files: TlsFiles, directory: string): TlsSettings | undefined {
  const { cert_file: cert, key_file: key, client_ca_file: ca } = files;
  if (cert === undefined || key === undefined) return undefined;
  const suites = suitesOf(tls.cipher_suites ?? DEFAULT_CIPHER_SUITES);
  const curves = tls.curve_preferences ?? [];
  const context: SecureContextOptions = {
    cert,
    key,
    ...(ca && { ca }),
    // A list of suites of TLS 1.3 alone leaves none for TLS 1.2.
    minVersion: suites.length === 0 ? 'TLSv1.3' : VERSIONS[tls.min_version],
    maxVersion: VERSIONS[tls.max_version],
    ciphers: (suites.length === 0 ? suitesOf(DEFAULT_CIPHER_SUITES) : suites).join(':'),
    ...(curves.length > 0 && { ecdhCurve: curves.map((name) => name.replace('CurveP', 'P-')).join(':') }),
    honorCipherOrder: tls.prefer_server_cipher_suites,
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  };
  return {
    context: () => context,
    expiresAtSeconds: Date.parse(new X509Certificate(cert).validTo) / 1000,
    keyFile: resolve(directory, tls.key_file),
    clientAuthType: tls.client_auth_type,
    ...(tls.client_allowed_sans && { allowedClientNames: tls.client_allowed_sans }),
  };
}

/** OpenSSL's names. Those of TLS 1.3 are left out. */
function suitesOf(names: readonly unknown[]): readonly string[] {
  return names.flatMap((name) => OPENSSL_NAMES[String(name)] ?? []);
}

const WARN_BEFORE_DAYS = 14;

/** @returns a warning if the server's certificate has expired or will soon */
export function expiryWarnings({ expiresAtSeconds }: TlsSettings, nowSeconds: number): readonly string[] {
  const days = (expiresAtSeconds - nowSeconds) / DAY_SECONDS;
  if (days > WARN_BEFORE_DAYS) return [];
  const when = `${days <= 0 ? 'has expired' : 'expires'} at ${new Date(expiresAtSeconds * 1000).toISOString()}`;
  return [`the certificate of the web server ${when}: replace cert_file and key_file`];
}

const VERSIONS = { TLS12: 'TLSv1.2', TLS13: 'TLSv1.3' } as const;

function problemWithCertificates(pem: string): string | undefined {
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  const areValid =
    certificates.length > 0 && certificates.every((one) => codeThrownBy(() => new X509Certificate(one)) === undefined);
  return areValid ? undefined : 'this is not a certificate in PEM format';
}

function problemWithKey(pem: string): string | undefined {
  const code = codeThrownBy(() => createPrivateKey(pem));
  if (code === undefined) return undefined;
  return code === 'ERR_MISSING_PASSPHRASE' || pem.includes('ENCRYPTED')
    ? 'this key is encrypted: store it without a passphrase'
    : 'this is not a private key in PEM format';
}

function codeThrownBy(attempt: () => unknown): string | undefined {
  try {
    attempt();
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code ?? 'unknown error';
  }
}
