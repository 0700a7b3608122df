/**
 * Upper limits for what Atlas, or a proxy that answers instead, may send, and for how long requests may take. A poll
 * that exceeds a limit fails with a reason and advice. All limits are far above real values.
 */
export const BOUNDS = {
  /** Bytes of the decompressed body of a success. A page of 500 jobs has about 0.3 MB. */
  bodyBytes: 4 * 1024 * 1024,
  /** Bytes of the body of any other answer: an error code and a sentence. */
  errorBodyBytes: 64 * 1024,
  /** Bytes of all headers of an answer. */
  headerBytes: 16 * 1024,
  /**
   * JSON values of one body. 500 jobs of a cluster with a hundred shards have fewer. The limit exists because a body
   * that contains only `{}` values needs twenty times its size in memory after parsing.
   */
  bodyValues: 200_000,
  /** Items of one page. Atlas never sends more, even if a larger page size is requested. */
  pageItems: 500,
  /** Consecutive pages without a new item. A list that shifts while it is read may have one such page. */
  pagesWithoutNews: 3,
  /** Items of a list beyond the total that Atlas gives. Jobs that start while a list is read are far fewer. */
  itemsBeyondTotal: 5000,
  /** Longest id, in characters. Atlas ids have 24. Reading a list keeps all ids in memory; a longer id is not kept. */
  idCharacters: 64,
  /** Components of all jobs of one list: 2,000 jobs of a cluster with 50 shards. They are kept until the list ends. */
  listComponents: 100_000,
  /** Longest secret that is sent in a header. Servers refuse longer headers. */
  tokenCharacters: 8192,
  /**
   * Lifetime of an access token. A shorter one would need more token requests than Atlas allows (10 a minute); a longer one is
   * renewed as if it ended at the maximum.
   */
  tokenLifeSeconds: { least: 10, most: 86_400 },
  /** Requests and pauses of one poll, in total, unless `pollTimeouts` allows more. Waiting for the request budget does not count. */
  pollSeconds: 60,
  /** The same as a multiple of `request_timeout`, so that a longer one helps where Atlas or a proxy is slow. */
  pollTimeouts: 6,
  /** One token request or one revocation. */
  tokenCallSeconds: 30,
  /** Reading one secret. It is longer than the timeout of the secret reader, whose error is more precise. */
  secretSeconds: 10,
  /** All revocations together, when the program stops or a reload removes credentials. */
  revokeSeconds: 2,
  /** Minimum and maximum pause of a project after a 429. */
  pauseSeconds: { least: 1, most: 600 },
} as const;
