/** docs/web-configuration.md, made from the schema of the web config file, so that it can't say anything else. */
import { CIPHER_SUITES } from '../src/config/web/ciphers.ts';
import { UNSUPPORTED, webConfigJsonSchema } from '../src/config/web/schema.ts';
import { rowsOf, table } from './configuration-doc.ts';

export function webConfigurationDoc(example: string): string {
  return `${[HEAD, `\`\`\`yaml\n${example.trim()}\n\`\`\``, keysSection(), suitesSection(), CHANGES, PASSWORDS, differencesSection(), LIMITS].join('\n\n')}\n`;
}

const HEAD = `# Web configuration

<!-- Made from the code by \`npm run docs\`; a test fails when it differs. -->

Without \`--web.config.file\` the exporter speaks plain HTTP and lets everybody in. The file adds TLS, client certificates,
passwords and headers, in the format of Prometheus’ exporter-toolkit, so that a file that serves other exporters mostly serves
this one. Every mistake is told at the start, all at once, with \`file:line:column\`; the exit code is then 2. An example:`;

function keysSection(): string {
  const parts = Object.entries(webConfigJsonSchema().properties ?? {}).map(([name, part]) => {
    const rows = rowsOf(part, '');
    const keys = rows.length > 0 ? `\n\n${table(['Key', 'Type', 'Default', 'Meaning'], rows)}` : '';
    return `### \`${name}\`\n\n${part.description ?? ''}${keys}`;
  });
  return `## Keys\n\nAt least one of these is needed. Files are looked for beside the web config file.\n\n${parts.join('\n\n')}`;
}

function suitesSection(): string {
  return `### Cipher suites

What \`cipher_suites\` may list, and in this order where the key is left out, without those with \`CBC\`:

${CIPHER_SUITES.map((name) => `- \`${name}\``).join('\n')}`;
}

const CHANGES = `## Changes

The file, and the certificates and keys that it names, are looked at every five seconds: at what is in them, so that links may be
swapped, as Kubernetes does. A renewed certificate serves new connections, idle ones are closed, sessions are not resumed.
Changed users and headers count from the next request on. What has problems changes nothing, and is logged once; the same
goes for what takes a restart: to switch TLS on or off, and another \`client_auth_type\`.`;

const PASSWORDS = `## Passwords

bcrypt is meant to take long: 50 to 100 ms at a cost of 10, twice as much with each step. It runs in a thread of its own, and
what was right is remembered in memory, under a hash with a key of this process, until the user changes: a scrape costs no
bcrypt. A wrong password costs one each time, a name that nobody has costs the same. Costs go from 4 to 16, passwords to 72
bytes, which is as far as bcrypt looks. At most 16 passwords are checked or wait at once; one more gets a 503. Without TLS a
password can be read by whoever is on the way.

\`/-/healthy\` and \`/-/ready\` ask for no password, since probes can give none. Client certificates are asked for before any path
is known: where they are required, probe with the \`health\` command or a TCP probe.`;

function differencesSection(): string {
  const refused = Object.entries(UNSUPPORTED).map(([path, why]) => `- \`${path}\`: ${why}.`);
  return `## What differs from the exporter-toolkit

Not supported, and refused rather than ignored:

${refused.join('\n')}
- \`RequestClientCert\` and \`RequireAnyClientCert\` take certificates that nobody has checked.
- TLS 1.0 and 1.1, and the suites that Go calls insecure.

Otherwise:

- The file is read every five seconds, not with every request.
- An empty file is a mistake: nothing in it would mean that everybody may come in.
- \`/-/healthy\` and \`/-/ready\` ask for no password.
- Wrong passwords are not remembered, and a cost above 16 is refused.
- \`Strict-Transport-Security\` is sent over TLS only, and pages keep their own \`Content-Security-Policy\`.`;
}

const LIMITS = `## Limits, with or without the file

| What | Limit | Beyond it |
| --- | --- | --- |
| requests answered at once, probes not counted | \`--web.max-requests\` (40) | 503 with \`Retry-After\` |
| headers and URL | 16 KB | 431 |
| body | 1 KB, which is not read | 413 |
| time for the headers, for the whole request | 10 s, 20 s | 408, closed within 5 s more |
| TLS handshake | 10 s | closed |
| connection that does nothing | 75 s | closed |
| answer that is not fetched | 60 s | closed |
| connections | 500 per address | closed at once |

Methods other than GET and HEAD are answered 405. A POST, where one is taken, is refused to browsers. All answers have
\`X-Content-Type-Options\`, \`X-Frame-Options\`, \`Content-Security-Policy\`, \`Referrer-Policy\`, \`Cross-Origin-Opener-Policy\`,
\`Cross-Origin-Resource-Policy\` and \`Cache-Control: no-store\`. \`Host\` and \`X-Forwarded-…\` are not looked at.`;
