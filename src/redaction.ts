/**
 * The last line of defence: what is known to be secret is taken out of any text, whoever put it there. It knows each secret
 * that was read or minted as it is, in base64 (so in a Basic header too) and percent-encoded; and what looks like a credential of
 * Atlas, though it was never told of it. It is no licence to hand secrets to the log.
 */

export interface Redactor {
  /** Remembers a secret. */
  readonly hide: (secret: string) => void;
  /** The text without secrets. */
  readonly text: (text: string) => string;
  /** A line of JSON without secrets in its strings; it stays JSON whatever the secrets are. */
  readonly line: (json: string) => string;
}

export const CENSOR = '[redacted]';

/** Shorter ones are words too: they are taken out only where they are all that a string says. */
const SHORTEST_IN_TEXT = 8;
/** Files are rotated and tokens end: those are remembered that were met last. */
const MOST_SECRETS = 1000;

/** A client secret of Atlas, a JSON Web Token, a token or password after the name of its scheme, a digest's response. */
const LOOKS_SECRET =
  /mdb_sa_sk_[\w-]+|\beyJ[\w-]+\.[\w-]+\.[\w-]+|(?<=\b(?:bearer|basic) )[\w.~+/=-]{16,}|(?<=\bresponse=")[0-9a-f]{32,}/gi;

export function createRedactor(): Redactor {
  /** By secret; that which was met last comes last. */
  const known = new Map<string, readonly string[]>();
  /** The longest first, so that a form within another leaves nothing of that behind; none where they have to be put in order. */
  let ordered: readonly string[] | undefined;

  function hide(secret: string): void {
    if (secret === '') return;
    const forms = known.get(secret);
    known.delete(secret);
    known.set(secret, forms ?? formsOf(secret));
    if (forms) return;
    const [oldest] = known.keys();
    if (oldest !== undefined && known.size > MOST_SECRETS) known.delete(oldest);
    ordered = undefined;
  }

  function text(original: string): string {
    if (known.has(original)) return CENSOR;
    ordered ??= [...known.values()].flat().sort((a, b) => b.length - a.length);
    let redacted = original;
    for (const form of ordered) redacted = redacted.replaceAll(form, CENSOR);
    return redacted.replace(LOOKS_SECRET, CENSOR);
  }

  function value(original: unknown): unknown {
    if (typeof original === 'string') return text(original);
    if (Array.isArray(original)) return original.map(value);
    if (typeof original !== 'object' || original === null) return original;
    return Object.fromEntries(Object.entries(original).map(([key, one]) => [text(key), value(one)]));
  }

  /** Strings are looked at one by one: in the line as a whole a secret could match what is between them. */
  function line(json: string): string {
    const parsed: unknown = JSON.parse(json);
    const redacted = JSON.stringify(value(parsed));
    return redacted === JSON.stringify(parsed) ? json : `${redacted}\n`;
  }

  return { hide, text, line };
}

function formsOf(secret: string): readonly string[] {
  if (secret.length < SHORTEST_IN_TEXT) return [];
  const inBase64 = [0, 1, 2].flatMap((offset) => base64PartsOf(secret, offset));
  return [...new Set([secret, encodeURIComponent(secret), ...inBase64])];
}

/** The letters of base64 that are made of the secret alone where it begins after `offset` bytes, modulo three. */
function base64PartsOf(secret: string, offset: number): readonly string[] {
  const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret, 'utf8')]);
  const [first, end] = [Math.ceil((offset * 8) / 6), Math.floor((bytes.length * 8) / 6)];
  return (['base64', 'base64url'] as const).map((encoding) => bytes.toString(encoding).slice(first, end));
}
