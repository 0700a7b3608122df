import { describe, expect, test } from '@jest/globals';
import { loadConfig } from '../../../src/config/load.ts';
import { proxyProblem } from '../../../src/config/proxy.ts';
import { directoryWith, GROUP, load, printed } from './workspace.ts';

const ATLAS = 'https://cloud.mongodb.com';

describe('a proxy', () => {
  test.each([
    'http://proxy.example:3128',
    'https://proxy.example',
    'proxy.example:3128',
    'http://user:pa%40ss@[::1]:3128/',
    '',
  ])('may be %j', (text) => {
    expect(proxyProblem({ HTTPS_PROXY: text }, ATLAS)).toBeUndefined();
  });

  test.each([
    ['not a url', 'must be a URL such as http://proxy.example:3128'],
    ['://user:S3cret@', 'must be a URL such as http://proxy.example:3128'],
    [
      'socks5://user:S3cret@proxy.example:1080',
      'must begin with http:// or https://: other kinds of proxies are not supported',
    ],
  ])('can’t be %j', (text, why) => {
    expect(proxyProblem({ HTTPS_PROXY: text }, ATLAS)).toBe(`HTTPS_PROXY: ${why}`);
  });

  test('is that of the first variable that is set', () => {
    expect(proxyProblem({ ALL_PROXY: '?', HTTPS_PROXY: 'http://a', https_proxy: '' }, ATLAS)).toBeUndefined();
    expect(proxyProblem({ ALL_PROXY: 'socks://a' }, ATLAS)).toMatch(/^ALL_PROXY: /);
  });

  test('does not matter on the way to a stand-in on this host', () => {
    expect(proxyProblem({ HTTPS_PROXY: 'not a url' }, 'http://127.0.0.1:1')).toBeUndefined();
  });

  test('has its password hidden, as it is written and as it is meant', () => {
    const hidden: string[] = [];
    proxyProblem({ HTTPS_PROXY: 'http://user:pa%40ss@a' }, ATLAS, (secret) => hidden.push(secret));
    proxyProblem({ HTTPS_PROXY: 'http://user:100%@a' }, ATLAS, (secret) => hidden.push(secret));
    expect(hidden).toEqual(['pa%40ss', 'pa@ss', '100%', '100%']);
  });

  test('is looked at with a config file and with --target', async () => {
    const env = { MONGODB_ATLAS_ACCESS_TOKEN: 'x', HTTPS_PROXY: 'not a url' };
    const problems = ['HTTPS_PROXY: must be a URL such as http://proxy.example:3128'];
    expect(printed(await load(`targets: [{ group_id: ${GROUP}, clusters: [a] }]`, env))).toEqual(problems);
    expect(printed(await loadConfig({ targets: [`${GROUP}/a`], env, cwd: directoryWith() }))).toEqual(problems);
  });
});
