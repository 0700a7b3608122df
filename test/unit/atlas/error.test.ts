import { describe, expect, test } from '@jest/globals';
import {
  AtlasError,
  checkedErrorCode,
  errorOfStatus,
  isTransient,
  REASONS,
  type Reason,
} from '../../../src/atlas/error.ts';

describe('the reason of a failure', () => {
  test.each<[number, string | undefined, Reason, RegExp]>([
    [401, undefined, 'unauthorized', /credential is right/],
    [401, 'NOT_IN_GROUP', 'unauthorized', /another project or organization/],
    [401, 'USER_CANNOT_ACCESS_GROUP', 'unauthorized', /another project or organization/],
    [403, 'IP_ADDRESS_NOT_ON_ACCESS_LIST', 'forbidden', /API access list/],
    [403, 'ORG_REQUIRES_ACCESS_LIST', 'forbidden', /API access list/],
    [403, 'ACCESS_FORBIDDEN', 'forbidden', /Project Backup Manager/],
    [404, 'CLUSTER_NOT_FOUND', 'not_found', /cluster name/],
    [404, 'GROUP_NOT_FOUND', 'not_found', /no such project/],
    [404, 'RESOURCE_NOT_FOUND', 'not_found', /group_id and cluster name/],
    [400, 'CANNOT_USE_FLEX_CLUSTER_IN_CLUSTER_API', 'unsupported', /remove this target/],
    [400, 'CANNOT_USE_SERVERLESS_INSTANCE_IN_CLUSTER_API', 'unsupported', /remove this target/],
    [400, 'INVALID_ATTRIBUTE', 'client_error', /upgrade the exporter/],
    [400, 'INVALID_VERSION_DATE', 'client_error', /upgrade the exporter/],
    [406, undefined, 'client_error', /upgrade the exporter/],
    [410, 'VERSION_GONE', 'client_error', /upgrade the exporter/],
    [429, 'RATE_LIMITED_TOKEN_BUCKET', 'rate_limited', /requests_per_minute/],
    [429, undefined, 'rate_limited', /requests_per_minute/],
    [500, 'UNEXPECTED_ERROR', 'server_error', /status\.cloud\.mongodb\.com/],
    [502, undefined, 'server_error', /polling continues/],
    [503, undefined, 'server_error', /polling continues/],
    [504, undefined, 'server_error', /polling continues/],
    [302, undefined, 'invalid_response', /base_url/],
    [204, undefined, 'invalid_response', /base_url/],
  ])('of a %d %s is %s, and its advice fits', (status, errorCode, reason, advice) => {
    const error = errorOfStatus(status, errorCode);
    expect(error).toMatchObject({
      reason,
      status,
      errorCode,
      message: `Atlas answered ${[status, errorCode].filter(Boolean).join(' ')}`,
    });
    expect(error.advice).toMatch(advice);
  });

  test.each(REASONS)('%s has advice of its own', (reason) => {
    const others = REASONS.filter((other) => other !== reason).map((other) => new AtlasError(other, '').advice);
    const { advice } = new AtlasError(reason, '');
    expect(advice.length).toBeGreaterThan(20);
    expect(others).not.toContain(advice);
  });

  test('is transient only if the failure may be temporary', () => {
    expect(REASONS.filter(isTransient)).toEqual(['rate_limited', 'server_error', 'timeout', 'network']);
  });
});

describe('foreign text', () => {
  test.each<[unknown]>([
    ['lower_case'],
    ['WITH SPACE'],
    ['QUOTE"'],
    ['LINE\nBREAK'],
    ['TRAILING_BREAK\n'],
    ['A'.repeat(65)],
    ['constructor'],
    [''],
    [42],
    [null],
    [['LIST']],
    [{ toString: () => 'OBJECT' }],
  ])('in place of an errorCode is dropped: %j', (foreign) => {
    expect(checkedErrorCode(foreign)).toBeUndefined();
    expect(errorOfStatus(404, foreign)).toMatchObject({ message: 'Atlas answered 404', errorCode: undefined });
  });
});
