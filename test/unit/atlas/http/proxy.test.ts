import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { createConnections } from '../../../../src/atlas/http/exchange.ts';

const NAMES = [
  'HTTPS_PROXY',
  'https_proxy',
  'HTTP_PROXY',
  'http_proxy',
  'ALL_PROXY',
  'all_proxy',
  'NO_PROXY',
  'no_proxy',
];
const before = NAMES.map((name) => [name, process.env[name]] as const);

beforeEach(() => {
  for (const name of NAMES) delete process.env[name];
});

afterEach(() => {
  for (const [name, value] of before) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});

/** The proxy that any request with these connections goes through. */
function proxyFor(baseUrl: string, env: Readonly<Record<string, string>>): string | undefined {
  Object.assign(process.env, env);
  const connections = createConnections(baseUrl);
  connections.close();
  const agents: unknown[] = Object.values(connections.agents);
  return agents.find((agent) => agent instanceof HttpsProxyAgent)?.proxy.href;
}

describe('the proxy', () => {
  test.each<[string, string, Readonly<Record<string, string>>, string | undefined]>([
    ['is none without HTTPS_PROXY', 'https://cloud.mongodb.com', {}, undefined],
    [
      'is the one of HTTPS_PROXY',
      'https://cloud.mongodb.com',
      { HTTPS_PROXY: 'http://proxy.example:3128' },
      'http://proxy.example:3128/',
    ],
    [
      'may be set in lower case',
      'https://cloud.mongodb.com',
      { https_proxy: 'http://proxy.example:3128' },
      'http://proxy.example:3128/',
    ],
    [
      'is not used for a host of NO_PROXY',
      'https://cloud.mongodb.com',
      { HTTPS_PROXY: 'http://proxy.example:3128', NO_PROXY: '.mongodb.com' },
      undefined,
    ],
    ['is not that of plain HTTP', 'https://cloud.mongodb.com', { HTTP_PROXY: 'http://proxy.example:3128' }, undefined],
    [
      'is not used for plain HTTP to loopback',
      'http://127.0.0.1:9000',
      { HTTP_PROXY: 'http://proxy.example:3128', HTTPS_PROXY: 'http://proxy.example:3128' },
      undefined,
    ],
  ])('%s', (_what, baseUrl, env, proxy) => {
    expect(proxyFor(baseUrl, env)).toBe(proxy);
  });
});

test('connections are kept alive, with a proxy as without', () => {
  process.env['HTTPS_PROXY'] = 'http://proxy.example:3128';
  const connections = createConnections('https://cloud.mongodb.com');
  expect(connections.agents.http).toBeInstanceOf(HttpAgent);
  expect(connections.agents.http).toHaveProperty('keepAlive', true);
  expect(connections.agents.https).toHaveProperty('keepAlive', true);
  connections.close();
  delete process.env['HTTPS_PROXY'];
  const direct = createConnections('https://cloud.mongodb.com');
  expect(direct.agents.https).toBeInstanceOf(HttpsAgent);
  expect(direct.agents.https).toHaveProperty('keepAlive', true);
  direct.close();
});
