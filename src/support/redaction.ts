/**
 * The last line of defence: replaces in any text each secret that was read or issued, plain and percent-encoded, and
 * what looks like a credential. Code must still not pass secrets to the log.
 */

export const CENSOR = '[redacted]';

/** A shorter secret may also be an ordinary word, so it is replaced only if it is the whole string. */
const SHORTEST_IN_TEXT = 8;
/** Old secrets are forgotten, because secrets are rotated and tokens expire. */
const MOST = { secrets: 1000, tokens: 300 };

/** A client secret of Atlas, a JSON Web Token, the credentials of a Bearer or Basic header, the response of a digest. */
const LOOKS_SECRET =
  /mdb_sa_sk_[\w-]+|\beyJ[\w-]+\.[\w-]+\.[\w-]+|(?<=\b(?:bearer|basic) )[\w.~+/=-]{16,}|(?<=\bresponse=")[0-9a-f]{32,}/gi;

export function createRedactor() {
  /** All known secrets, the longest first, because one may be part of another. Undefined after a change. */
  let ordered: readonly string[] | undefined;
  const onChange = (): void => {
    ordered = undefined;
  };
  const secrets = createMemory(MOST.secrets, onChange);
  const tokens = createMemory(MOST.tokens, onChange);

  function text(original: string): string {
    if (secrets.has(original) || tokens.has(original)) return CENSOR;
    ordered ??= [...secrets.forms(), ...tokens.forms()].sort((a, b) => b.length - a.length);
    let redacted = original;
    for (const form of ordered) redacted = redacted.replaceAll(form, CENSOR);
    return redacted.replace(LOOKS_SECRET, CENSOR);
  }

  /** Each string alone: in the whole line, a secret with quotes could match the text between two strings. */
  function line(json: string): string {
    const redacted = JSON.stringify(JSON.parse(json), (_key, one: unknown) =>
      typeof one === 'string' ? text(one) : one,
    );
    return `${redacted}\n`;
  }

  return { hide: secrets.add, hideToken: tokens.add, text, line };
}

function createMemory(most: number, onChange: () => void) {
  /** The forms by secret; a Map keeps the order in which they were added. */
  const known = new Map<string, readonly string[]>();

  function add(secret: string): void {
    if (secret === '') return;
    if (!known.delete(secret)) onChange();
    known.set(secret, secret.length < SHORTEST_IN_TEXT ? [] : [secret, encodeURIComponent(secret)]);
    const [oldest] = known.keys();
    if (oldest !== undefined && known.size > most) known.delete(oldest);
  }

  return { add, has: (secret: string) => known.has(secret), forms: () => [...known.values()].flat() };
}
