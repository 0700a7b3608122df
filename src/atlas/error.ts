/**
 * Every failure of a request to Atlas: one error type, a closed set of reasons, and advice for each reason. The reason
 * is the same word in code, log, page and metric label. Errors contain no text from the response: an error code is kept
 * only if it has the right form, and Atlas' own messages are dropped, because they may quote the request.
 */

/** The closed set of reasons; also the values of the label `reason`. */
export const REASONS = [
  'unauthorized',
  'forbidden',
  'not_found',
  'unsupported',
  'rate_limited',
  'client_error',
  'server_error',
  'timeout',
  'network',
  'invalid_response',
  'truncated',
  'internal',
] as const;
export type Reason = (typeof REASONS)[number];

export interface AtlasErrorDetails {
  readonly status?: number | undefined;
  readonly errorCode?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
  /** Replaces the usual advice for the reason. Advice for an error code takes precedence. */
  readonly advice?: string | undefined;
  /** True if another attempt within the same poll would fail too. */
  readonly isFinal?: boolean | undefined;
}

export class AtlasError extends Error {
  override readonly name = 'AtlasError';
  readonly reason: Reason;
  readonly status: number | undefined;
  readonly errorCode: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly isFinal: boolean;
  readonly advice: string;

  /** @param problem what happened, without foreign text */
  constructor(reason: Reason, problem: string, details: AtlasErrorDetails = {}) {
    super(problem);
    this.reason = reason;
    this.status = details.status;
    this.errorCode = details.errorCode;
    this.retryAfterSeconds = details.retryAfterSeconds;
    this.isFinal = details.isFinal ?? false;
    this.advice = adviceFor(reason, details);
  }
}

export function errorOfStatus(status: number, foreignErrorCode: unknown, retryAfterSeconds?: number): AtlasError {
  const errorCode = checkedErrorCode(foreignErrorCode);
  const reason = reasonOfStatus(status, errorCode);
  return new AtlasError(reason, `Atlas answered ${status}${errorCode ? ` ${errorCode}` : ''}`, {
    status,
    errorCode,
    retryAfterSeconds,
  });
}

/** Error codes of RFC 6749 and 7009: in lower case, unlike those of Atlas. */
const OAUTH_CODES: readonly string[] = [
  'access_denied',
  'invalid_client',
  'invalid_grant',
  'invalid_request',
  'invalid_scope',
  'unauthorized_client',
  'unsupported_grant_type',
  'unsupported_token_type',
];

/** The value if it has the form of an error code: any other text from a response must not reach a log or a label. */
export function checkedErrorCode(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  return /^[A-Z0-9_]{1,64}$/.test(value) || OAUTH_CODES.includes(value) ? value : undefined;
}

/** Whether the failure is temporary, so that another attempt is useful. */
export function isTransient(reason: Reason): boolean {
  return reason === 'network' || reason === 'timeout' || reason === 'rate_limited' || reason === 'server_error';
}

function reasonOfStatus(status: number, errorCode: string | undefined): Reason {
  if (errorCode !== undefined && /^CANNOT_USE_\w+_IN_CLUSTER_API$/.test(errorCode)) return 'unsupported';
  // RFC 6749 also allows status 400 for this error.
  if (status === 401 || errorCode === 'invalid_client') return 'unauthorized';
  if (status === 403) return 'forbidden';
  if (status === 404) return 'not_found';
  if (status === 429) return 'rate_limited';
  if (status >= 500) return 'server_error';
  return status >= 400 ? 'client_error' : 'invalid_response';
}

const ADVICE: Readonly<Record<Reason, string>> = {
  unauthorized: 'check that the credential is right, has not expired and was not deleted in Atlas',
  forbidden: 'give the credential the role Project Backup Manager in this project',
  not_found: 'check group_id and cluster name in the config: the cluster was renamed or deleted, or never existed',
  unsupported: 'remove this target: free, flex and serverless clusters have no snapshot exports',
  rate_limited:
    'lower atlas.requests_per_minute or lengthen polling.interval: all tools of this project share its API budget',
  client_error: 'Atlas rejects the request: check atlas.base_url and upgrade the exporter',
  server_error: 'nothing to do here: Atlas has a problem, see https://status.cloud.mongodb.com; polling continues',
  timeout: 'check the network path to Atlas (proxy, firewall), or raise atlas.request_timeout',
  network: 'check DNS, proxy (HTTPS_PROXY, NO_PROXY), firewall and TLS inspection between this host and Atlas',
  invalid_response: 'check atlas.base_url and the proxies in between: the answer does not come from Atlas',
  truncated:
    'raise atlas.max_pages or atlas.page_size if there really are so many exports; otherwise check the proxies in between',
  internal: 'this is a bug in the exporter: please report it with this log line',
};

const ADVICE_BY_CODE: Readonly<Record<string, string>> = {
  IP_ADDRESS_NOT_ON_ACCESS_LIST:
    'add this host’s public address to the API access list of the service account or API key',
  ORG_REQUIRES_ACCESS_LIST: 'the organization requires an API access list: add this host’s public address to it',
  NOT_IN_GROUP: 'the credential belongs to another project or organization: add it to this project',
  USER_CANNOT_ACCESS_GROUP: 'the credential belongs to another project or organization: add it to this project',
  GROUP_NOT_FOUND: 'check group_id in the config: no such project, or this credential can’t see it',
  invalid_client:
    'check client_id and client_secret of the service account: one is wrong, was deleted in Atlas, or the secret has expired',
  access_denied:
    'the service account may have reached its limit of 100 access tokens: stop other programs that request tokens without revoking them, or wait until some expire (an hour at most); otherwise check that the account still exists',
  INVALID_VERSION_DATE: 'Atlas has removed this API version: upgrade the exporter',
  VERSION_GONE: 'Atlas has removed this API version: upgrade the exporter',
};

function adviceFor(reason: Reason, { errorCode, advice }: AtlasErrorDetails): string {
  return (errorCode === undefined ? undefined : ADVICE_BY_CODE[errorCode]) ?? advice ?? ADVICE[reason];
}

const OWN_AUTHORITY =
  'the certificate comes from an authority that this host does not trust, often a proxy that inspects TLS: set the authority’s certificate in atlas.ca_file, or in NODE_EXTRA_CA_CERTS';

const TLS_ADVICE: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED:
    'the certificate has expired: the operator of that server or proxy must renew it; check this host’s clock too',
  CERT_NOT_YET_VALID: 'the certificate is not valid yet: check this host’s clock',
  ERR_TLS_CERT_ALTNAME_INVALID:
    'the certificate is for another name: check atlas.base_url, HTTPS_PROXY, DNS and TLS inspection',
};

/** Error codes of Node.js for a certificate chain without a trusted root. */
const UNTRUSTED = [
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'CERT_UNTRUSTED',
  'INVALID_CA',
];

/** What to do about a certificate that is not trusted, by the code of the error. */
export function tlsAdvice(code: string | undefined): string | undefined {
  if (code === undefined) return undefined;
  return UNTRUSTED.includes(code) ? OWN_AUTHORITY : TLS_ADVICE[code];
}

/** Codes of Node and OpenSSL are constants (ECONNREFUSED, CERT_HAS_EXPIRED); any other text is left out. */
export function codeOf(error: unknown): string | undefined {
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' && /^[A-Z0-9_]{1,64}$/.test(code) ? code : undefined;
}
