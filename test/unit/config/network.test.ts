import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { showConfig } from '../../../src/config/config.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { proxyFromEnvironment } from '../../../src/config/network.ts';
import { createAuthority } from '../../support/certificates.ts';
import { files } from '../../support/files.ts';
import { configOf, directoryWith, type Env, GROUP, load, printed } from './workspace.ts';

const ATLAS = 'https://cloud.mongodb.com';
const PROXY = { HTTPS_PROXY: 'http://proxy.example:3128' };

function proxyOf(env: Env, baseUrl = ATLAS): string | undefined {
  const proxy = proxyFromEnvironment({ env }, baseUrl);
  return 'problem' in proxy ? proxy.problem : proxy.value?.url().href;
}

describe('the proxy', () => {
  test.each<[Env, string | undefined]>([
    [{}, undefined],
    [{ HTTPS_PROXY: '' }, undefined],
    [{ HTTP_PROXY: 'http://a:1' }, undefined],
    [{ HTTPS_PROXY: 'http://a:1' }, 'http://a:1/'],
    [{ HTTPS_PROXY: 'https://a' }, 'https://a/'],
    [{ HTTPS_PROXY: 'a.corp:3128' }, 'http://a.corp:3128/'],
    [{ HTTPS_PROXY: 'user:pa%40ss@[::1]:3128' }, 'http://user:pa%40ss@[::1]:3128/'],
    [{ HTTPS_PROXY: 'http://a:1', https_proxy: 'http://b:1' }, 'http://b:1/'],
    [{ HTTPS_PROXY: 'http://a:1', https_proxy: '' }, 'http://a:1/'],
    [{ ALL_PROXY: 'a:1' }, 'http://a:1/'],
    [{ ALL_PROXY: 'socks5://b:1', HTTPS_PROXY: 'http://a:1' }, 'http://a:1/'],
    [{ ALL_PROXY: 'socks5://b:1', NO_PROXY: '*' }, undefined],
  ])('of %j is %s', (env, href) => {
    expect(proxyOf(env)).toBe(href);
  });

  test.each([
    ['http://user:S3cret@proxy.example', 'proxy.example:80'],
    ['https://proxy.example', 'proxy.example:443'],
    ['proxy.example:3128', 'proxy.example:3128'],
  ])('%s is shown as %s', (text, address) => {
    expect(proxyFromEnvironment({ env: { HTTPS_PROXY: text } }, ATLAS)).toMatchObject({ value: { address } });
  });

  const mustBeUrl = 'HTTPS_PROXY: must be a URL such as http://proxy.example:3128';
  test.each([
    ['not a url', mustBeUrl],
    ['://user:S3cret@', mustBeUrl],
    ['socks5://user:S3cret@a:1080', expect.stringMatching(/^HTTPS_PROXY: must begin with .* such as SOCKS, are not/)],
  ])('cannot be %j', (text, problem) => {
    expect(proxyFromEnvironment({ env: { HTTPS_PROXY: text } }, ATLAS)).toEqual({ problem });
  });

  test('is not used for a server on this host, and then may have any value', () => {
    expect(proxyOf({ HTTPS_PROXY: 'not a url' }, 'http://127.0.0.1:1')).toBeUndefined();
  });

  test('may have a password, which the log hides, percent-encoded and decoded', () => {
    const hidden: string[] = [];
    for (const password of ['pa%40ss', '100%']) {
      proxyFromEnvironment(
        { env: { HTTPS_PROXY: `http://user:${password}@a` }, onSecret: (secret) => hidden.push(secret) },
        ATLAS,
      );
    }
    expect(hidden).toEqual(['pa%40ss', 'pa@ss', '100%', '100%']);
  });

  test('is checked with a config file and with --target, and is not part of the config that is shown', async () => {
    const text = `targets: [{ group_id: ${GROUP}, clusters: [a] }]`;
    const env = (HTTPS_PROXY: string) => ({ MONGODB_ATLAS_ACCESS_TOKEN: 'x', HTTPS_PROXY });
    const targets = [`${GROUP}/a`];
    expect(printed(await load(text, env('not a url')))).toEqual([mustBeUrl]);
    const withTarget = await loadConfig({ targets, env: env('not a url'), cwd: directoryWith(), files });
    expect(printed(withTarget)).toEqual([mustBeUrl]);
    const config = configOf(await load(text, env('http://user:S3cret@proxy.example')));
    expect(config.atlas.proxy?.address).toBe('proxy.example:80');
    expect(`${showConfig(config)} ${JSON.stringify(config)}`).not.toMatch(/S3cret|http:\/\/user/);
    expect(showConfig(config)).not.toContain('proxy');
  });
});

describe('NO_PROXY', () => {
  test.each([
    ['*', ATLAS],
    ['localhost, *', ATLAS],
    ['cloud.mongodb.com', ATLAS],
    ['CLOUD.MongoDB.com', ATLAS],
    ['mongodb.com', ATLAS],
    ['.mongodb.com', ATLAS],
    ['*.mongodb.com', ATLAS],
    ['localhost 10.0.0.0/8\tmongodb.com', ATLAS],
    ['cloud.mongodb.com:443', ATLAS],
    ['cloud.mongodb.com.', ATLAS],
    ['127.0.0.1', 'https://127.0.0.1:8443'],
    ['127.0.0.1:8443', 'https://127.0.0.1:8443'],
    ['127.0.0.0/8', 'https://127.9.9.9'],
    ['0.0.0.0/0', 'https://10.1.2.3'],
    ['::1', 'https://[::1]:8443'],
    ['[::1]:8443', 'https://[::1]:8443'],
    ['[::1]', 'https://[::1]:8443'],
    ['fd00::/8', 'https://[fd12::1]'],
  ])('%j covers %s', (list, baseUrl) => {
    expect(proxyOf({ ...PROXY, NO_PROXY: list }, baseUrl)).toBeUndefined();
    expect(proxyOf({ ...PROXY, NO_PROXY: 'x', no_proxy: list }, baseUrl)).toBeUndefined();
  });

  test.each([
    ['', ATLAS],
    [',', ATLAS],
    ['mongodb.co', ATLAS],
    ['ongodb.com', ATLAS],
    ['.cloud.mongodb.com', ATLAS],
    ['cloud.mongodb.com:8443', ATLAS],
    ['10.0.0.0/8', ATLAS],
    ['10.0.0.0/8', 'https://11.0.0.1'],
    ['10.0.0.0/99', 'https://10.0.0.1'],
    ['10.0.0.1', 'https://10.0.0.11'],
    ['127.0.0.1:1', 'https://127.0.0.1:8443'],
    ['fd00::/8', 'https://[fe12::1]'],
    ['fd00::/8', 'https://10.0.0.1'],
    ['[::1', 'https://[::2]'],
  ])('%j does not cover %s', (list, baseUrl) => {
    expect(proxyOf({ ...PROXY, NO_PROXY: list }, baseUrl)).toBe('http://proxy.example:3128/');
  });
});

describe('atlas.ca_file', () => {
  const env = { MONGODB_ATLAS_ACCESS_TOKEN: 'x' };
  const text = (file: string) => `atlas:\n  ca_file: ${file}\ntargets: [{ group_id: ${GROUP}, clusters: [a] }]\n`;

  test('is read, found from the config file, and shown by its name', async () => {
    const pem = readFileSync(createAuthority().certFile, 'utf8');
    const config = configOf(await load(text('own.pem'), env, { 'own.pem': `# ours\n${pem}${pem}` }));
    expect(config.atlas.ca?.pem).toBe(`# ours\n${pem}${pem}`);
    expect(config.atlas.ca?.file).toMatch(/^\/.*\/own\.pem$/);
    expect(showConfig(config)).toContain('\n  ca_file: own.pem\n');
    expect(showConfig(config)).not.toContain('CERTIFICATE');
  });

  test('does not replace the certificates of NODE_EXTRA_CA_CERTS, and is not replaced by a bad file there', async () => {
    const [own, other] = [createAuthority().certFile, createAuthority('other').certFile];
    const [pem, extra] = [readFileSync(own, 'utf8'), readFileSync(other, 'utf8')];
    const read = async (file: string) => {
      const loaded = await load(text('own.pem'), { ...env, NODE_EXTRA_CA_CERTS: file }, { 'own.pem': pem });
      return configOf(loaded).atlas.ca?.pem;
    };
    expect(await read(other)).toBe(`${pem}\n${extra}`);
    expect(await read('/nowhere')).toBe(pem);
    expect(await read('package.json')).toBe(pem);
  });

  test.each<[string, Readonly<Record<string, string>>, RegExp]>([
    ['is missing', {}, /^c\.yml:2:12: atlas\.ca_file: .*does not exist/],
    ['is not PEM', { 'own.pem': 'x' }, /^c\.yml:2:12: atlas\.ca_file: this is not a certificate in PEM format$/],
    [
      'holds a broken certificate',
      { 'own.pem': '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' },
      /^c\.yml:2:12: atlas\.ca_file: this is not a certificate in PEM format$/,
    ],
  ])('that %s is refused with its place', async (_what, others, problem) => {
    const problems = printed(await load(text(join('.', 'own.pem')), env, others));
    expect(problems).toEqual([expect.stringMatching(problem)]);
  });
});
