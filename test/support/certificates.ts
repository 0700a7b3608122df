/**
 * Certificates made by the openssl command, each in a folder of its own: real ones, so that tests can do real
 * handshakes.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './temporary.ts';
import { runTool } from './tools.ts';

export interface Certificate {
  /** Paths of PEM files. */
  readonly certFile: string;
  readonly keyFile: string;
}

export interface Authority extends Certificate {
  /** For 127.0.0.1 and localhost; with a negative number of days it has expired. */
  issue(name: string, keyKind?: KeyKind, days?: number): Certificate;
}

type KeyKind = 'ecdsa' | 'rsa';

const KEYS: Readonly<Record<KeyKind, readonly string[]>> = {
  ecdsa: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  rsa: ['-newkey', 'rsa:2048'],
};

export function createAuthority(name = 'test authority'): Authority {
  const folder = temporaryFolder('certificates');
  const certFile = join(folder, 'ca.pem');
  const keyFile = join(folder, 'ca.key');
  openssl([
    'req',
    '-x509',
    ...KEYS.ecdsa,
    '-nodes',
    '-days',
    '2',
    ...subject(name),
    '-keyout',
    keyFile,
    '-out',
    certFile,
  ]);
  writeFileSync(join(folder, 'names'), 'subjectAltName = DNS:localhost, IP:127.0.0.1\n');
  let issued = 0;

  function issue(subjectName: string, keyKind: KeyKind = 'ecdsa', days = 30): Certificate {
    issued += 1;
    const [request, key, cert] = ['csr', 'key', 'pem'].map((kind) => join(folder, `${issued}.${kind}`)) as [
      string,
      string,
      string,
    ];
    openssl(['req', ...KEYS[keyKind], '-nodes', ...subject(subjectName), '-keyout', key, '-out', request]);
    const signer = ['-CA', certFile, '-CAkey', keyFile, '-CAcreateserial', '-extfile', join(folder, 'names')];
    openssl(['x509', '-req', '-days', String(days), ...signer, '-in', request, '-out', cert]);
    return { certFile: cert, keyFile: key };
  }

  return { certFile, keyFile, issue };
}

/** The same key under a passphrase. */
export function encryptedKey({ keyFile }: Certificate): string {
  const path = `${keyFile}.encrypted`;
  openssl(['pkey', '-in', keyFile, '-aes256', '-passout', 'pass:x', '-out', path]);
  return readFileSync(path, 'utf8');
}

function subject(name: string): readonly string[] {
  return ['-subj', `/CN=${name}`];
}

function openssl(args: readonly string[]): void {
  const { code, output } = runTool('openssl', args);
  if (code !== 0) throw new Error(`openssl ${args[0]} failed: ${output}`);
}
