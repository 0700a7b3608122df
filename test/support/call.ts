/**
 * One HTTP exchange as it is on the wire: no decompression, no redirect, no header of its own. Also the headers of
 * credentials.
 */
import { createHash } from 'node:crypto';
import { type IncomingHttpHeaders, request } from 'node:http';
import { expect } from '@jest/globals';

export const version = 'application/vnd.atlas.2025-03-12+json';

export interface Called {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read any field of any answer
  readonly json: any;
}

export interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export async function call(origin: string, path: string, { method = 'GET', headers = {}, body }: Sent = {}) {
  return new Promise<Called>((resolve, reject) => {
    const { hostname, port } = new URL(origin);
    const sent = request({ hostname, port, path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const bytes = Buffer.concat(chunks);
        const text = bytes.toString('utf8');
        const json =
          response.headers['content-type']?.includes('json') && text.startsWith('{') ? JSON.parse(text) : undefined;
        resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes, text, json });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

export function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}`, accept: version };
}

export function basic(id: string, secret: string): string {
  return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
}

export interface Signature {
  readonly username: string;
  readonly password: string;
  readonly nonce: string;
  readonly nc?: string;
  readonly method?: string;
  readonly uri: string;
}

/** RFC 7616, section 3.4, implemented independently of both implementations in src. */
export function digestHeader({ username, password, nonce, nc = '00000001', method = 'GET', uri }: Signature): string {
  const hash = (text: string) => createHash('md5').update(text).digest('hex');
  const realm = 'MMS Public API';
  const cnonce = 'c25vdw==';
  const a1 = hash([username, realm, password].join(':'));
  const a2 = hash([method, uri].join(':'));
  const response = hash([a1, nonce, nc, cnonce, 'auth', a2].join(':'));
  return [
    `Digest username="${username}"`,
    `realm="${realm}"`,
    `nonce="${nonce}"`,
    `uri="${uri}"`,
    `cnonce="${cnonce}"`,
    `nc=${nc}`,
    'qop=auth',
    `response="${response}"`,
    'algorithm=MD5',
  ].join(', ');
}

export function nonceOf(challenge: string | undefined): string {
  const nonce = /nonce="([^"]+)"/.exec(challenge ?? '')?.[1];
  expect(nonce).toBeDefined();
  return nonce ?? '';
}
