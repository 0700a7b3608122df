import { describe, expect, test } from '@jest/globals';
import { proxyProblem } from '../../../src/config/environment.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { files } from '../../support/files.ts';
import { directoryWith, GROUP, load, printed } from './workspace.ts';

const ATLAS = 'https://cloud.mongodb.com';

describe('the address of the proxy', () => {
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
  ])('cannot be %j', (text, why) => {
    expect(proxyProblem({ HTTPS_PROXY: text }, ATLAS)).toBe(`HTTPS_PROXY: ${why}`);
  });

  test('is in the first variable that is set', () => {
    expect(proxyProblem({ ALL_PROXY: '?', HTTPS_PROXY: 'http://a', https_proxy: '' }, ATLAS)).toBeUndefined();
    expect(proxyProblem({ ALL_PROXY: 'socks://a' }, ATLAS)).toMatch(/^ALL_PROXY: /);
  });

  test('does not matter for a stand-in on this host', () => {
    expect(proxyProblem({ HTTPS_PROXY: 'not a url' }, 'http://127.0.0.1:1')).toBeUndefined();
  });

  test('has a password that the log hides, percent-encoded and decoded', () => {
    const hidden: string[] = [];
    proxyProblem({ HTTPS_PROXY: 'http://user:pa%40ss@a' }, ATLAS, (secret) => hidden.push(secret));
    proxyProblem({ HTTPS_PROXY: 'http://user:100%@a' }, ATLAS, (secret) => hidden.push(secret));
    expect(hidden).toEqual(['pa%40ss', 'pa@ss', '100%', '100%']);
  });

  test('is checked with a config file and with --target', async () => {
    const env = { MONGODB_ATLAS_ACCESS_TOKEN: 'x', HTTPS_PROXY: 'not a url' };
    const problems = ['HTTPS_PROXY: must be a URL such as http://proxy.example:3128'];
    expect(printed(await load(`targets: [{ group_id: ${GROUP}, clusters: [a] }]`, env))).toEqual(problems);
    expect(printed(await loadConfig({ targets: [`${GROUP}/a`], env, cwd: directoryWith(), files }))).toEqual(problems);
  });
});
