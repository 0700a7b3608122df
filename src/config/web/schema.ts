/**
 * The keys of the web config file, in the format of Prometheus' exporter-toolkit. docs/web-configuration.md is
 * generated from them.
 */
import { z } from 'zod';
import type { Checked } from '../../support/checked.ts';
import { listed, quote } from '../../support/words.ts';
import type { FileFormat } from '../config-file.ts';
import { filledText, parsed, trueOrFalse } from '../schema-values.ts';

export const TLS_KEY = 'tls_server_config';
export const USERS_KEY = 'basic_auth_users';

/** The cipher suites for TLS 1.2 that Go considers secure, in the order of preference: Go's names and OpenSSL's. */
export const OPENSSL_NAMES: Readonly<Record<string, string>> = {
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

/** These names are accepted and change nothing, as in Go: TLS 1.3 always offers all its suites. */
const TLS13_SUITES = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];

export const CIPHER_SUITES: readonly string[] = Object.keys(OPENSSL_NAMES);
/** Without CBC: its implementations have had many padding-oracle attacks. */
export const DEFAULT_CIPHER_SUITES = CIPHER_SUITES.filter((name) => !name.includes('_CBC_'));

function parseCipherSuite(name: string): Checked<string> {
  if (CIPHER_SUITES.includes(name) || TLS13_SUITES.includes(name)) return { value: name };
  return { problem: `${quote(name)} is not a supported cipher suite; supported are ${CIPHER_SUITES.join(', ')}` };
}

const CURVES = ['X25519', 'CurveP256', 'CurveP384', 'CurveP521'] as const;

const tlsVersion = oneOf(['TLS12', 'TLS13']);

const tlsServerConfig = z.strictObject({
  cert_file: filledText().describe('The server’s certificate and its intermediate certificates, in PEM format.'),
  key_file: filledText().describe('The private key of the certificate, in PEM format, not encrypted.'),
  client_auth_type: oneOf([
    'NoClientCert',
    'RequestClientCert',
    'RequireAnyClientCert',
    'VerifyClientCertIfGiven',
    'RequireAndVerifyClientCert',
  ])
    .prefault('NoClientCert')
    .describe(
      'Client certificates: `NoClientCert`, `VerifyClientCertIfGiven` or `RequireAndVerifyClientCert`. `RequestClientCert` and `RequireAnyClientCert` verify nothing and cause a warning. A change needs a restart.',
    ),
  client_ca_file: filledText()
    .optional()
    .describe(
      'The authorities that sign client certificates, in PEM format. Required with `RequireAndVerifyClientCert`; otherwise the public authorities that Node.js knows are the default.',
    ),
  client_allowed_sans: z
    .array(filledText())
    .min(1, { error: 'is empty: list names, or leave the key out' })
    .optional()
    .describe(
      'A client’s certificate must have one of these subject alternative names (DNS, IP, email or URI), with exactly this text. Only with `RequireAndVerifyClientCert`.',
    ),
  min_version: tlsVersion.prefault('TLS12').describe('The oldest TLS version: `TLS12` or `TLS13`.'),
  max_version: tlsVersion.prefault('TLS13').describe('The newest TLS version: `TLS12` or `TLS13`.'),
  cipher_suites: z
    .array(parsed(parseCipherSuite))
    .min(1, { error: 'is empty: list suites, or leave the key out' })
    .optional()
    .describe(
      `The cipher suites for TLS 1.2, by Go’s names. The suites of TLS 1.3 are fixed; their names have no effect. Left out: ${DEFAULT_CIPHER_SUITES.map((name) => `\`${name}\``).join(', ')}.`,
    ),
  prefer_server_cipher_suites: trueOrFalse()
    .prefault(true)
    .describe('Whether the order of `cipher_suites` decides instead of the client’s order.'),
  curve_preferences: z
    .array(oneOf(CURVES))
    .optional()
    .describe(
      `The elliptic curves for the key exchange: ${CURVES.map((name) => `\`${name}\``).join(', ')}. Left out: all.`,
    ),
});

const headers = z
  .strictObject({
    'Content-Security-Policy': header("Default: `default-src 'none'`. Pages keep their own policy."),
    'X-Frame-Options': header('`deny` or `sameorigin`. Default: `deny`.', ['deny', 'sameorigin']),
    'X-Content-Type-Options': header('`nosniff`, which is also the default.', ['nosniff']),
    'X-XSS-Protection': header('Default: not sent.'),
    'Strict-Transport-Security': header('Default: not sent. Sent over TLS only.'),
  })
  .describe('An empty value removes a header. Other headers than these are refused.');

export const webConfigSchema = z.strictObject({
  [TLS_KEY]: tlsServerConfig.optional().describe('TLS. Left out: plain HTTP. Switching TLS on or off needs a restart.'),
  http_server_config: z
    .strictObject({
      http2: trueOrFalse().optional().describe('`true` causes a warning: the server uses HTTP/1.1.'),
      headers: headers.optional(),
    })
    .optional()
    .describe('HTTP/2 and response headers.'),
  // web-config.ts checks the users: names and hashes are secrets, and the schema's messages would repeat them.
  [USERS_KEY]: z
    .record(z.string(), z.unknown())
    .optional()
    .describe(
      'User names with the bcrypt hash of each password; `htpasswd -nBC 10 NAME` prints both. Left out: no password is required.',
    ),
});

export type TlsServerConfig = z.output<typeof tlsServerConfig>;

/** Keys of the exporter-toolkit that this program refuses, each with an alternative. */
export const UNSUPPORTED: Readonly<Record<string, string>> = {
  'tls_server_config.cert': 'write the certificate to a file and use cert_file',
  'tls_server_config.key': 'write the key to a file and use key_file',
  'tls_server_config.client_ca': 'write the authorities to a file and use client_ca_file',
  rate_limit: '--web.max-requests limits concurrent requests',
};

export const WEB_CONFIG_FILE: FileFormat<typeof webConfigSchema> = {
  what: 'web config file',
  required: `${TLS_KEY} or ${USERS_KEY}`,
  schema: webConfigSchema,
  secretKey: USERS_KEY,
  unsupported: UNSUPPORTED,
};

function oneOf<const T extends string>(choices: readonly T[]) {
  return z.string().pipe(z.enum(choices, { error: `must be ${listed(choices, 'or')}` }));
}

/** A response header. Without `choices`, any line of ASCII text is valid. */
function header(description: string, choices?: readonly string[]) {
  const text = z.string().refine((value) => choices === undefined || value === '' || choices.includes(value), {
    error: `must be ${choices?.join(' or ')}`,
  });
  const line = text.regex(/^[\x20-\x7e]*$/, { error: 'must be one line of ASCII characters' });
  // An empty value, which YAML reads as null, removes the header.
  return z
    .preprocess((value) => value ?? '', line)
    .optional()
    .describe(description);
}
