/**
 * The last line of defence: what is known to be secret is taken out of any text, whoever put it there. It knows each secret
 * that was read or minted as it is, in base64 (so in a Basic header too) and percent-encoded; and what looks like a credential of
 * Atlas, though it was never told of it. It is no licence to hand secrets to the log.
 */

export interface Redactor {
  /** Remembers a secret. */
  readonly hide: (secret: string) => void;
  /** Remembers an access token that was minted, for as long as there are not many newer ones. */
  readonly hideToken: (token: string) => void;
  /** The text without secrets. */
  readonly text: (text: string) => string;
  /** A line of JSON without secrets in its strings; it stays JSON whatever the secrets are. */
  readonly line: (json: string) => string;
}

export const CENSOR = '[redacted]';

/** Shorter ones are words too: they are taken out only where they are all that a string says. */
const SHORTEST_IN_TEXT = 8;
/** Files are rotated and tokens end: those are remembered that were met last. */
const MOST = { secrets: 1000, tokens: 300 };

/** A client secret of Atlas, a JSON Web Token, a token or password after the name of its scheme, a digest's response. */
const LOOKS_SECRET =
  /mdb_sa_sk_[\w-]+|\beyJ[\w-]+\.[\w-]+\.[\w-]+|(?<=\b(?:bearer|basic) )[\w.~+/=-]{16,}|(?<=\bresponse=")[0-9a-f]{32,}/gi;

export function createRedactor(): Redactor {
  const secrets = createMemory(MOST.secrets);
  const tokens = createMemory(MOST.tokens);
  /** The longest first, so that a form within another leaves nothing of that behind; none where they have to be put in order. */
  let ordered: readonly string[] | undefined;

  function hide(secret: string): void {
    if (secrets.meet(secret)) ordered = undefined;
  }

  function hideToken(token: string): void {
    if (tokens.meet(token)) ordered = undefined;
  }

  function text(original: string): string {
    if (secrets.has(original) || tokens.has(original)) return CENSOR;
    ordered ??= [...secrets.forms(), ...tokens.forms()].sort((a, b) => b.length - a.length);
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

  return { hide, hideToken, text, line };
}

/** The forms of so many secrets: of those that were met last. */
function createMemory(most: number) {
  /** By secret; that which was met last comes last. */
  const known = new Map<string, readonly string[]>();

  /** Whether it was not known. */
  function meet(secret: string): boolean {
    if (secret === '') return false;
    const forms = known.get(secret);
    known.delete(secret);
    known.set(secret, forms ?? formsOf(secret));
    const [oldest] = known.keys();
    if (oldest !== undefined && known.size > most) known.delete(oldest);
    return forms === undefined;
  }

  return { meet, has: (secret: string) => known.has(secret), forms: () => [...known.values()].flat() };
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
