import { describe, expect, test } from '@jest/globals';
import { createAtlas } from '../../../src/atlas/atlas.ts';
import { createFakeRuntime } from '../../support/fake-runtime.ts';
import { credential, recordingObserver } from './support.ts';

const settings = {
  baseUrl: 'http://127.0.0.1:9',
  requestTimeoutSeconds: 1,
  requestsPerMinute: 60,
  concurrency: 1,
  pageSize: 500,
  maxPages: 10,
};
const token = (name: string, identity: string) => ({
  ...credential('access_token', { access_token: async () => 't' }, identity),
  name,
});

describe('a change of the settings', () => {
  function setUp() {
    const credentials = [token('a', 'file /a'), token('b', 'file /b')];
    const atlas = createAtlas({
      settings,
      credentials,
      userAgent: 'test',
      runtime: createFakeRuntime(),
      observer: recordingObserver(),
    });
    return { atlas, credentials };
  }

  test('does not affect credentials with the same sources', () => {
    const { atlas } = setUp();
    const { isOther } = atlas.change({ ...settings, concurrency: 5 }, [
      token('a', 'file /a'),
      token('b', 'file /other'),
    ]);
    expect([isOther('a'), isOther('b'), isOther('c')]).toEqual([false, true, true]);
  });

  test('of the base URL makes every credential another one', () => {
    const { atlas, credentials } = setUp();
    const { isOther } = atlas.change({ ...settings, baseUrl: 'http://127.0.0.1:10' }, credentials);
    expect([isOther('a'), isOther('b')]).toEqual([true, true]);
  });

  test('closes the sessions of removed credentials', () => {
    const { atlas } = setUp();
    atlas.change(settings, [token('b', 'file /b')]);
    expect(() => atlas.apiFor({ credential: 'a' })).toThrow('no credential a');
    expect(() => atlas.apiFor({ credential: 'b' })).not.toThrow();
  });
});
