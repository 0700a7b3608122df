/**
 * The upper limit of everything that Atlas, or a proxy that answers in its place, can make large or long. A poll that exceeds
 * one fails with a reason and with advice. All limits are far above what a real deployment sends.
 */
export const BOUNDS = {
  /** Decompressed body of a success. A page of 500 jobs has about 0.3 MB. */
  bodyBytes: 4 * 1024 * 1024,
  /** Body of any other answer: an error code and a sentence. */
  errorBodyBytes: 64 * 1024,
  /** All headers of an answer together. */
  headerBytes: 16 * 1024,
  /**
   * JSON values of one body. 500 jobs of a cluster with a hundred shards have fewer. A body of nothing but `{}` needs twenty
   * times its size in memory once it is parsed.
   */
  bodyValues: 200_000,
  /** Items of one page. Atlas sends no more, whatever page size is requested. */
  pageItems: 500,
  /** Pages in a row without a new item. A list that shifts while it is read may have one such page. */
  pagesWithoutNews: 3,
  /** Ids of Atlas have 24 characters. A list keeps its ids until it has been read, but no longer ones. */
  idCharacters: 64,
  /** Components of all jobs of one list: 2,000 jobs of a cluster with 50 shards. They are kept until the list ends. */
  listComponents: 100_000,
  /** Longer headers are refused by servers. */
  tokenCharacters: 8192,
  /**
   * Lifetime of an access token. A shorter one would need more token requests than Atlas allows (10 a minute); a longer one is
   * renewed as if it ended at the maximum.
   */
  tokenLifeSeconds: { least: 10, most: 86_400 },
  /** Requests and pauses of one poll together. Waiting for the request budget does not count. */
  pollSeconds: 60,
  /** One token request, or one revocation. */
  tokenCallSeconds: 30,
  /** Reading one secret: longer than a reader of secrets takes before it says why it failed. */
  secretSeconds: 10,
  /** All revocations when the program stops or a reload removes credentials. */
  revokeSeconds: 2,
  /** The pause of a project after an answer 429. */
  pauseSeconds: { least: 1, most: 600 },
} as const;
