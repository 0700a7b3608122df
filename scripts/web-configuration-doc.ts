/** docs/web-configuration.md, generated from the schema and the limits of the code, so that it cannot differ from them. */

import { CIPHER_SUITES, UNSUPPORTED, webConfigSchema } from '../src/config/web/schema.ts';
import { MAX_RESPONSE_SECONDS } from '../src/web/guards/answer.ts';
import { MOST_PER_ADDRESS } from '../src/web/guards/auth.ts';
import { HANDSHAKE_MS, MAX_CONNECTIONS, MAX_HEADER_BYTES, TIMEOUTS } from '../src/web/guards/listen.ts';
import { rowsOf, table } from './configuration-doc.ts';
import { toJsonSchema } from './json-schema.ts';

export function webConfigurationDoc(example: string): string {
  return `${[HEAD, `\`\`\`yaml\n${example.trim()}\n\`\`\``, keysSection(), suitesSection(), CHANGES, PASSWORDS, HOSTS, differencesSection(), limitsSection()].join('\n\n')}\n`;
}

const HEAD = `# Web configuration

<!-- Generated from the code by \`npm run docs\`; a test fails when it differs. -->

Without \`--web.config.file\` the exporter uses plain HTTP and requires no authentication. The file adds TLS, client
certificates, passwords and headers. Its format is the one of Prometheus’ exporter-toolkit: most files for other exporters
also work here. An invalid file exits with code 2 and lists every error with \`file:line:column\`. An example:`;

function keysSection(): string {
  const parts = Object.entries(toJsonSchema(webConfigSchema).properties ?? {}).map(([name, part]) => {
    const rows = rowsOf(part, '');
    const keys = rows.length > 0 ? `\n\n${table(['Key', 'Type', 'Default', 'Meaning'], rows)}` : '';
    return `### \`${name}\`\n\n${part.description ?? ''}${keys}`;
  });
  return `## Keys\n\nAt least one of these keys is required. Relative paths start at the folder of the web config file.\n\n${parts.join('\n\n')}`;
}

function suitesSection(): string {
  return `### Cipher suites

These are the values of \`cipher_suites\`. Without the key the server uses those without \`CBC\`, in this order:

${CIPHER_SUITES.map((name) => `- \`${name}\``).join('\n')}`;
}

const CHANGES = `## Changes

The exporter reads the file, and the certificates and keys that it names, every five seconds. It compares their content, so it
also notices a symbolic link that points to another file, as in Kubernetes. A changed file takes effect once it stops
changing:

- A renewed certificate serves new connections. Idle connections are closed, and older TLS sessions are not resumed.
- Changed users and headers take effect with the next request.
- A file with problems changes nothing; the problems are logged once.
- A certificate that has expired, or expires within 14 days, is logged as a warning, also at the start. \`check\` shows it too, and
  \`mongodbatlas_backup_exporter_web_certificate_expiry_timestamp_seconds\` is for alerts.
- Switching TLS on or off, or another \`client_auth_type\`, needs a restart. Until then the previous settings stay in use, and the
  log says so once.`;

const HOSTS = `## Host names

A web page in the browser of an operator cannot read the exporter’s pages, unless an attacker points the page’s own domain at the
address of the exporter (DNS rebinding). \`--web.allowed-hosts\` prevents this: a request whose Host header names another host gets
421. Name every host that is in a URL of the exporter: the target in Prometheus’ config, and the name that people open. In Kubernetes
Prometheus requests the address of the pod, which changes, so the flag is for exporters with a fixed name. The port does not matter.

\`/-/healthy\` and \`/-/ready\` answer for every host, because the kubelet requests the address of the pod. So Kubernetes probes, the
HEALTHCHECK of the image and the \`health\` command need no name in the list. Other requests over loopback need
\`--web.allowed-hosts=localhost\`.`;

const PASSWORDS = `## Passwords

A bcrypt check is slow by design: 50 to 100 ms at cost 10, and twice as long for each step of the cost. It runs in a thread of its own. The
exporter remembers a right password in memory, as a hash with a key of this process, until the user changes, so a scrape costs
no bcrypt check. Each wrong password and each unknown user name costs a bcrypt check. Costs from 4 to 18 are accepted; from 15 the
log warns, because the first check takes seconds. A password
may have at most 72 bytes, since bcrypt ignores the rest. Without TLS, passwords cross the network unencrypted.

Checks run one after another. At most ${MOST_PER_ADDRESS} checks of an address wait; a further one gets 503. So a client with many wrong passwords
delays the first check of a scraper at another address by about a second. An IPv6 network (/64) counts as one address, and so do
all clients behind one proxy.

\`/-/healthy\` and \`/-/ready\` require no password, since probes can send none. TLS verifies client certificates before it knows
the path: where they are required, use the \`health\` command or a TCP probe.`;

function differencesSection(): string {
  const refused = Object.entries(UNSUPPORTED).map(([path, alternative]) => `- \`${path}\`: ${alternative}.`);
  return `## Differences from the exporter-toolkit

The exporter refuses these, instead of ignoring them:

${refused.join('\n')}
- \`RequireAndVerifyClientCert\` without \`client_ca_file\`: a certificate of any public authority would be accepted.
- \`client_allowed_sans\` with another \`client_auth_type\` than \`RequireAndVerifyClientCert\`: anyone can write such a certificate.
- TLS 1.0 and 1.1, and the cipher suites that Go considers insecure.

It accepts these, with a warning:

- \`http2: true\`: the server uses HTTP/1.1. \`http2: false\` has no warning.
- \`RequestClientCert\` and \`RequireAnyClientCert\`: anyone can make such a certificate.
- bcrypt costs of 15 and more.

Accepted without effect: the names of TLS 1.3 suites in \`cipher_suites\`. A list of these alone switches TLS 1.2 off.

Other differences:

- The exporter reads the file every five seconds, not with every request.
- An empty file is an error, since it would require no authentication.
- \`/-/healthy\` and \`/-/ready\` require no password.
- Wrong passwords are not remembered, and a cost above 18 is refused.
- \`Strict-Transport-Security\` is sent over TLS only, and pages keep their own \`Content-Security-Policy\`.`;
}

function limitsSection(): string {
  const seconds = (ms: number): string => `${ms / 1000} s`;
  const { headersTimeout, requestTimeout, connectionsCheckingInterval, keepAliveTimeout } = TIMEOUTS;
  const tooSlow = `408, closed at most ${seconds(connectionsCheckingInterval)} later`;
  const limits = [
    ['concurrent requests, without probes', '`--web.max-requests` (40)', '503 with `Retry-After`'],
    ['headers and URL', `${MAX_HEADER_BYTES / 1024} KiB`, '431'],
    ['time until all headers have arrived', seconds(headersTimeout), tooSlow],
    ['time until the request has arrived', seconds(requestTimeout), tooSlow],
    ['TLS handshake', seconds(HANDSHAKE_MS), 'closed'],
    ['idle connection', seconds(keepAliveTimeout), 'closed'],
    ['time until the client has received the response', `${MAX_RESPONSE_SECONDS} s`, 'closed'],
    ['connections', `${MAX_CONNECTIONS} per address`, 'closed at once'],
  ];
  return `## Limits

They apply with and without the file.

${table(['What', 'Limit', 'Beyond it'], limits)}

Methods other than GET and HEAD get 405. \`POST /-/reload\` refuses requests from browsers. All responses have the headers
\`X-Content-Type-Options\`, \`X-Frame-Options\`, \`Content-Security-Policy\`, \`Referrer-Policy\`, \`Cross-Origin-Opener-Policy\`,
\`Cross-Origin-Resource-Policy\` and \`Cache-Control: no-store\`. The server ignores \`X-Forwarded-…\`, and \`Host\` without
\`--web.allowed-hosts\`.`;
}
