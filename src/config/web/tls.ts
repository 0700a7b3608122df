/**
 * Checks what belongs together in the TLS part of the web config file. Reads its certificates and keys, and tries them, so that
 * each problem has a place in the file.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { Checked } from '../../support/checked.ts';
import type { TlsSettings } from '../../web/guards/settings.ts';
import type { FileReader } from '../files.ts';
import type { Mapping } from '../path.ts';
import type { Report } from '../problems.ts';
import { DEFAULT_CIPHER_SUITES, OPENSSL_NAMES, TLS_KEY, type TlsServerConfig } from './schema.ts';

const FILE_KEYS = ['cert_file', 'key_file', 'client_ca_file'] as const;
/** Enough for all authorities that an operating system trusts. */
const MAX_BYTES = 1024 * 1024;

type FileKey = (typeof FILE_KEYS)[number];

/** What was read for each key that names a file. */
export type TlsFiles = Partial<Readonly<Record<FileKey, Checked<Uint8Array>>>>;

export async function readTlsFiles(tls: Mapping, directory: string, reader: FileReader): Promise<TlsFiles> {
  const files: Partial<Record<FileKey, Checked<Uint8Array>>> = {};
  for (const key of FILE_KEYS) {
    const text = tls[key];
    if (typeof text !== 'string' || text === '') continue;
    const path = resolve(directory, text);
    const purpose = 'certificates and keys';
    files[key] = await reader.readBytes({ path, directory, largestBytes: MAX_BYTES, purpose });
  }
  return files;
}

/** @param tls before the schema has checked it */
export function checkTls(tls: Mapping, files: TlsFiles, report: Report): void {
  const add = (key: string, message: string, part?: 'key'): void => report.add([TLS_KEY, key], message, part);
  const { client_auth_type: type = 'NoClientCert', client_ca_file: authorities, min_version, max_version } = tls;
  if (type === 'NoClientCert' && authorities !== undefined) {
    add('client_ca_file', 'needs a client_auth_type that uses it, such as RequireAndVerifyClientCert', 'key');
  }
  if ((type === 'VerifyClientCertIfGiven' || type === 'RequireAndVerifyClientCert') && authorities === undefined) {
    add('client_auth_type', 'needs client_ca_file, the authorities that sign client certificates');
  }
  if (min_version === 'TLS13' && max_version === 'TLS12') add('max_version', 'is older than min_version');
  const problems = FILE_KEYS.map((key) => ({ key, message: problemWithFile(key, files[key]) }));
  for (const { key, message } of problems) if (message !== undefined) add(key, message);
  const [cert, key] = [bytesOf(files.cert_file), bytesOf(files.key_file)];
  if (problems.some(({ message }) => message !== undefined) || cert === undefined || key === undefined) return;
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) {
    add('key_file', 'this key does not belong to the certificate in cert_file');
    return;
  }
  // OpenSSL also refuses keys and signatures that it considers too weak.
  const ca = bytesOf(files.client_ca_file);
  const code = codeThrownBy(() => createSecureContext({ cert, key, ...(ca && { ca }) }));
  if (code !== undefined) add('cert_file', `OpenSSL refuses this certificate or its key (${code})`);
}

/** For values and files without problems. */
export function buildTls(tls: TlsServerConfig, files: TlsFiles, directory: string): TlsSettings | undefined {
  const [cert, key] = [bytesOf(files.cert_file), bytesOf(files.key_file)];
  if (cert === undefined || key === undefined) return undefined;
  const clientAuthorities = bytesOf(files.client_ca_file);
  return {
    cert,
    key: () => key,
    keyFile: resolve(directory, tls.key_file),
    ...(clientAuthorities && { clientAuthorities }),
    clientCertificates: CLIENT_CERTIFICATES[tls.client_auth_type],
    minVersion: VERSIONS[tls.min_version],
    maxVersion: VERSIONS[tls.max_version],
    ciphers: (tls.cipher_suites ?? DEFAULT_CIPHER_SUITES).map((name) => OPENSSL_NAMES[name]).join(':'),
    preferServerCiphers: tls.prefer_server_cipher_suites,
  };
}

const VERSIONS = { TLS12: 'TLSv1.2', TLS13: 'TLSv1.3' } as const;
const CLIENT_CERTIFICATES = {
  NoClientCert: 'none',
  VerifyClientCertIfGiven: 'if_given',
  RequireAndVerifyClientCert: 'required',
} as const;

function bytesOf(contents: Checked<Uint8Array> | undefined): Buffer | undefined {
  return contents && 'value' in contents ? Buffer.from(contents.value) : undefined;
}

function problemWithFile(key: FileKey, contents: Checked<Uint8Array> | undefined): string | undefined {
  if (contents === undefined) return undefined;
  if ('problem' in contents) return contents.problem;
  const pem = new TextDecoder().decode(contents.value);
  return key === 'key_file' ? problemWithKey(pem) : problemWithCertificates(pem);
}

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
