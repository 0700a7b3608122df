/**
 * The web config file, key by key: the format of Prometheus' exporter-toolkit, as far as this program has it. It looks at one
 * value at a time; the rest is in web-rules.ts. docs/web-configuration.md is made from it.
 */
import { z } from 'zod';
import type { Dialect } from '../explain.ts';
import { type JsonSchema, keysAt } from '../json-schema.ts';
import { quote } from '../problems.ts';
import { DEFAULT_CIPHER_SUITES, wrongWithCipherSuite } from './ciphers.ts';

export const USERS_KEY = 'basic_auth_users';

const OLD_VERSION = 'is not offered, as it is no longer secure: use TLS12 or TLS13';
const UNCHECKED =
  'takes certificates that nobody has checked: use VerifyClientCertIfGiven or RequireAndVerifyClientCert';

const tlsVersion = oneOf(['TLS12', 'TLS13'], { TLS10: OLD_VERSION, TLS11: OLD_VERSION });

const tlsServerConfig = z.strictObject({
  cert_file: file().describe('The server’s certificate in PEM form, with what is between it and its authority.'),
  key_file: file().describe('The certificate’s private key in PEM form, not encrypted.'),
  client_auth_type: oneOf(['NoClientCert', 'VerifyClientCertIfGiven', 'RequireAndVerifyClientCert'], {
    RequestClientCert: UNCHECKED,
    RequireAnyClientCert: UNCHECKED,
  })
    .prefault('NoClientCert')
    .describe(
      'Whether clients show a certificate: `NoClientCert`, `VerifyClientCertIfGiven` or `RequireAndVerifyClientCert`. A change takes a restart.',
    ),
  client_ca_file: file()
    .optional()
    .describe('The authorities that sign the certificates of clients, in PEM form. Needed where these are looked at.'),
  min_version: tlsVersion.prefault('TLS12').describe('The oldest version of TLS: `TLS12` or `TLS13`.'),
  max_version: tlsVersion.prefault('TLS13').describe('The newest version of TLS: `TLS12` or `TLS13`.'),
  cipher_suites: z
    .array(
      z.string().superRefine((name, context) => {
        const wrong = wrongWithCipherSuite(name);
        if (wrong !== undefined) context.addIssue({ code: 'custom', message: `${quote(name)} ${wrong}` });
      }),
    )
    .min(1, { error: 'is empty: list suites, or leave the key out' })
    .optional()
    .describe(
      `The cipher suites for TLS 1.2, by the names that Go gives them. TLS 1.3 has its own, which can’t be chosen. Left out: ${DEFAULT_CIPHER_SUITES.map((name) => `\`${name}\``).join(', ')}.`,
    ),
  prefer_server_cipher_suites: z
    .boolean()
    .prefault(true)
    .describe('Whether the order of `cipher_suites` decides, and not that of the client.'),
});

const headers = z
  .strictObject({
    'Content-Security-Policy': header("All answers have `default-src 'none'`; pages keep their own in any case."),
    'X-Frame-Options': header('`deny` or `sameorigin`. All answers have `deny`.', ['deny', 'sameorigin']),
    'X-Content-Type-Options': header('`nosniff`, which all answers have.', ['nosniff']),
    'X-XSS-Protection': header('No answer has it.'),
    'Strict-Transport-Security': header('No answer has it. It is sent over TLS only.'),
  })
  .describe('Headers of all answers: these and no others. An empty text leaves a header out.');

export const webConfigSchema = z.strictObject({
  tls_server_config: tlsServerConfig
    .optional()
    .describe('TLS. Left out: plain HTTP. To switch between the two takes a restart.'),
  http_server_config: z.strictObject({ headers: headers.optional() }).optional().describe('How answers look.'),
  // Names and hashes are the user's own, so that web-rules.ts speaks of them without repeating any.
  [USERS_KEY]: z
    .record(z.string(), z.unknown())
    .optional()
    .describe(
      'Who may come in: names, and of each the bcrypt hash of the password (`htpasswd -nBC 10 NAME` makes both). Left out: no password is asked for.',
    ),
});

export type TlsServerConfig = z.output<typeof tlsServerConfig>;

export function webConfigJsonSchema(): JsonSchema {
  return z.toJSONSchema(webConfigSchema, { io: 'input' }) as JsonSchema;
}

export const UNSUPPORTED: Readonly<Record<string, string>> = {
  'tls_server_config.cert': 'write the certificate into a file and give cert_file',
  'tls_server_config.key': 'write the key into a file and give key_file',
  'tls_server_config.client_ca': 'write the authorities into a file and give client_ca_file',
  'tls_server_config.client_allowed_sans':
    'have an authority of its own for the clients that may come, as client_ca_file',
  'tls_server_config.curve_preferences': 'the curves of Node.js are used',
  'http_server_config.http2': 'HTTP/1.1 is spoken',
  rate_limit: 'requests at the same time are limited by --web.max-requests',
};

export const WEB_CONFIG_FILE: Dialect = {
  schema: webConfigSchema,
  keysAt: (path) => keysAt(webConfigJsonSchema(), path),
  hidesKeys: ([top]) => top === USERS_KEY,
  unsupported: UNSUPPORTED,
};

function file() {
  return z.string().min(1, { error: 'is empty' });
}

/** @param refused what the format has beside the choices, and why it can't be chosen */
function oneOf<const T extends string>(choices: readonly T[], refused: Readonly<Record<string, string>>) {
  const error = ({ input }: { readonly input?: unknown }): string => {
    const name = String(input);
    return Object.hasOwn(refused, name)
      ? `${name} ${refused[name]}`
      : `must be ${choices.join(', ').replace(/, (\w+)$/, ' or $1')}`;
  };
  return z.string().pipe(z.enum(choices, { error }));
}

/** An empty value is no value. */
function header(description: string, choices?: readonly string[]) {
  const text = z.string().refine((value) => choices === undefined || value === '' || choices.includes(value), {
    error: `must be ${choices?.join(' or ')}`,
  });
  return text
    .regex(/^[\x20-\x7e]*$/, { error: 'must be one line of ASCII characters' })
    .optional()
    .describe(description);
}
