import { describe, expect, test } from '@jest/globals';
import { AtlasError } from '../../../../src/atlas/error.ts';
import {
  decodeAnswer,
  decodeError,
  decodePage,
  deprecationOf,
  retryAfterSecondsOf,
} from '../../../../src/atlas/http/answer.ts';
import type { AtlasResponse } from '../../../../src/atlas/http/transport.ts';
import { answer, refusal } from '../support.ts';

function errorOf(decode: () => unknown): AtlasError {
  try {
    decode();
  } catch (error) {
    if (error instanceof AtlasError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

const refusedAs = (response: AtlasResponse) => errorOf(() => decodeAnswer(response));

describe('a success', () => {
  test('is its JSON object, with unknown fields', () => {
    expect(decodeAnswer(answer(200, { autoExportEnabled: true, later: null }))).toEqual({
      autoExportEnabled: true,
      later: null,
    });
  });

  test.each([
    ['HTML', '<html><title>Sign in to secret.example</title></html>'],
    ['nothing', ''],
    ['half of an object', '{"results":['],
    ['null', 'null'],
    ['an array', '[{"id":"a"}]'],
    ['a number', '200'],
    ['a string', '"results"'],
  ])('that holds %s is an invalid response, and is not quoted', (_what, body) => {
    const error = refusedAs(answer(200, body));
    expect(error.reason).toBe('invalid_response');
    expect(`${error.message}${String(error.cause)}`).not.toMatch(/secret|html|results/);
  });

  test.each([[201], [204], [206], [301], [302], [307], [304]])(
    'is only status 200: %d is an invalid response',
    (status) => {
      expect(refusedAs(answer(status, { results: [] }))).toMatchObject({ reason: 'invalid_response', status });
    },
  );
});

describe('a failure', () => {
  test('has its status, its error code and its Retry-After', () => {
    expect(refusedAs(refusal(429, 'RATE_LIMITED', { 'retry-after': '7' }))).toMatchObject({
      reason: 'rate_limited',
      status: 429,
      errorCode: 'RATE_LIMITED',
      retryAfterSeconds: 7,
    });
  });

  test.each<[string, AtlasResponse, unknown]>([
    ['the body', refusal(404, 'FROM_BODY', { 'x-error-code': 'FROM_HEADER' }), 'FROM_BODY'],
    [
      'the header where the body has null',
      answer(401, { errorCode: null }, { 'x-error-code': 'FROM_HEADER' }),
      'FROM_HEADER',
    ],
    ['the header where the body has none', answer(401, {}, { 'x-error-code': 'FROM_HEADER' }), 'FROM_HEADER'],
    ['the header where the body is HTML', answer(503, '<html>', { 'x-error-code': 'FROM_HEADER' }), 'FROM_HEADER'],
    ['the header where the body is null', answer(401, 'null', { 'x-error-code': 'FROM_HEADER' }), 'FROM_HEADER'],
    ['nowhere', answer(401, ''), undefined],
  ])('has its errorCode from %s', (_where, response, errorCode) => {
    expect(decodeError(response)).toBe(errorCode);
    expect(refusedAs(response).errorCode).toBe(errorCode);
  });
});

describe('a page', () => {
  const links = (...rels: string[]) => rels.map((rel) => ({ href: `https://elsewhere.example/?rel=${rel}`, rel }));

  test.each<[string, object, object]>([
    ['an empty list', { results: [], totalCount: 0 }, { results: [], totalCount: 0 }],
    ['a list without a count', { results: [1] }, { results: [1] }],
    ['a count that is no number', { results: [1], totalCount: '1' }, { results: [1] }],
    ['a count below 0', { results: [1], totalCount: -1 }, { results: [1] }],
    ['a link to the next page', { results: [], links: links('self', 'next') }, { results: [], hasNext: true }],
    ['links, none to a next page', { results: [], links: links('self', 'previous') }, { results: [], hasNext: false }],
    ['an empty list of links', { results: [], links: [] }, { results: [] }],
    ['links that are no list', { results: [], links: 'next' }, { results: [] }],
    ['links that are no objects', { results: [], links: [null, 'next'] }, { results: [], hasNext: false }],
  ])('with %s is read', (_what, body, page) => {
    expect(decodePage(answer(200, body))).toEqual(page);
  });

  test.each([[{}], [{ results: null }], [{ results: {} }], [{ results: 'none' }]])(
    'without results is an invalid response: %j',
    (body) => {
      expect(errorOf(() => decodePage(answer(200, body))).reason).toBe('invalid_response');
    },
  );
});

describe('Retry-After', () => {
  test.each<[string | undefined, number | undefined]>([
    ['7', 7],
    ['0', 1],
    ['soon', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('of %j asks for %j seconds', (value, seconds) => {
    expect(retryAfterSecondsOf(answer(429, {}, { 'retry-after': value }))).toBe(seconds);
  });
});

describe('the end of an API version', () => {
  const ends = Date.UTC(2027, 6, 1) / 1000;

  test.each<[string, AtlasResponse['headers'], object | undefined]>([
    ['not announced', {}, undefined],
    [
      'announced as Atlas does, with days of one digit',
      { deprecation: 'Mon, 5 Aug 2024 00:00:00 GMT', sunset: 'Thu, 1 Jul 2027 00:00:00 GMT' },
      { endsAtSeconds: ends },
    ],
    ['announced without a date', { deprecation: 'true' }, {}],
    ['announced by its end alone', { sunset: 'Thu, 01 Jul 2027 00:00:00 GMT' }, { endsAtSeconds: ends }],
    ['announced in words', { deprecation: '"} 1 fake{', sunset: 'soon' }, {}],
  ])('may be %s', (_how, headers, deprecation) => {
    expect(deprecationOf(answer(200, {}, headers))).toEqual(deprecation);
  });
});

test('a page that is larger than any of Atlas is an invalid response', () => {
  const page = (items: number) => answer(200, { results: Array.from({ length: items }, () => ({})) });
  expect(decodePage(page(500)).results).toHaveLength(500);
  expect(() => decodePage(page(501))).toThrow('a page of a list has more than 500 items');
});
