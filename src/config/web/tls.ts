/** Certificates and keys of the web config file: read, and tried, so that what does not work shows while it can be pointed at. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { Locate } from '../positions.ts';
import type { Problem } from '../problems.ts';
import { mappingAt, valueAt } from '../raw.ts';
import { type Contents, readRegularFile } from '../regular-file.ts';
import { DEFAULT_CIPHER_SUITES, opensslCiphers } from './ciphers.ts';
import type { TlsServerConfig } from './schema.ts';
import type { TlsConfig } from './web-config.ts';

const TLS = 'tls_server_config';
const FILES = ['cert_file', 'key_file', 'client_ca_file'] as const;
/** As many authorities as a system trusts fit. */
const LARGEST_BYTES = 1024 * 1024;

type FileName = (typeof FILES)[number];

/** What was found under the keys that name a file. */
export type TlsFiles = Partial<Readonly<Record<FileName, Contents>>>;

export async function readTlsFiles(value: unknown, directory: string): Promise<TlsFiles> {
  const files: Partial<Record<FileName, Contents>> = {};
  for (const name of FILES) {
    const text = valueAt(value, [TLS, name]);
    if (typeof text !== 'string' || text === '') continue;
    const path = resolve(directory, text);
    const purpose = 'certificates and keys';
    files[name] = await readRegularFile({ path, directory, largestBytes: LARGEST_BYTES, purpose });
  }
  return files;
}

export function tlsFileProblems(value: unknown, files: TlsFiles, locate: Locate): readonly Problem[] {
  if (mappingAt(valueAt(value, [TLS])) === undefined) return [];
  const problem = (name: FileName, message: string): Problem => ({
    ...locate([TLS, name], 'value'),
    message: `${TLS}.${name}: ${message}`,
  });
  const problems = FILES.flatMap((name) => {
    const contents = files[name];
    const wrong = contents && ('why' in contents ? contents.why : wrongWith(name, contents.bytes));
    return wrong === undefined ? [] : [problem(name, wrong)];
  });
  if (problems.length > 0) return problems;
  const [cert, key] = [bytesOf(files.cert_file), bytesOf(files.key_file)];
  if (cert === undefined || key === undefined) return [];
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) {
    return [problem('key_file', 'this is not the key of the certificate in cert_file')];
  }
  const why = refusedByOpenssl(cert, key, bytesOf(files.client_ca_file));
  return why === undefined ? [] : [problem('cert_file', `OpenSSL refuses this certificate or its key (${why})`)];
}

/** Only for what has no problems. */
export function buildTls(tls: TlsServerConfig, files: TlsFiles, directory: string): TlsConfig | undefined {
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
    ciphers: opensslCiphers(tls.cipher_suites ?? DEFAULT_CIPHER_SUITES),
    preferServerCiphers: tls.prefer_server_cipher_suites,
  };
}

const VERSIONS = { TLS12: 'TLSv1.2', TLS13: 'TLSv1.3' } as const;
const CLIENT_CERTIFICATES = {
  NoClientCert: 'none',
  VerifyClientCertIfGiven: 'if_given',
  RequireAndVerifyClientCert: 'required',
} as const;

function bytesOf(contents: Contents | undefined): Buffer | undefined {
  return contents && 'bytes' in contents ? Buffer.from(contents.bytes) : undefined;
}

function wrongWith(name: FileName, bytes: Uint8Array): string | undefined {
  const text = new TextDecoder().decode(bytes);
  if (name === 'key_file') return wrongWithKey(text);
  const certificates = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  return certificates.length > 0 && certificates.every(isCertificate)
    ? undefined
    : 'this is no certificate in PEM form';
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).serialNumber !== '';
  } catch {
    return false;
  }
}

function wrongWithKey(pem: string): string | undefined {
  try {
    createPrivateKey(pem);
    return undefined;
  } catch (error) {
    const { code } = error as { code?: string };
    return code === 'ERR_MISSING_PASSPHRASE' || pem.includes('ENCRYPTED')
      ? 'this key is encrypted, and there is nobody to ask for its passphrase: store it without one'
      : 'this is no private key in PEM form';
  }
}

/** OpenSSL has views on what is strong enough. */
function refusedByOpenssl(cert: Buffer, key: Buffer, ca: Buffer | undefined): string | undefined {
  try {
    createSecureContext({ cert, key, ...(ca && { ca }) });
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code ?? 'unknown error';
  }
}
