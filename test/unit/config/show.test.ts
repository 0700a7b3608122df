import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { Config } from '../../../src/config/config.ts';
import { showConfig } from '../../../src/config/config.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { files } from '../../support/files.ts';
import { configOf, directoryWith } from './workspace.ts';

const SECRETS = { inline: 'inline-and-secret', file: 'in-a-file-and-secret', env: 'in-the-environment-and-secret' };
const folder = directoryWith({ key: SECRETS.file });

async function load(text: string): Promise<Config> {
  writeFileSync(join(folder, 'config.yml'), text);
  const env = { TOKEN: SECRETS.env };
  return configOf(await loadConfig({ paths: ['config.yml'], targets: [], env, cwd: folder, files }));
}

const FILE = `
atlas: { request_timeout: 15s }
credentials:
  - { name: a, service_account: { client_id: mdb_sa_id_1, client_secret: ${SECRETS.inline} }, expires_at: 2027-03-01 }
  - { name: b, api_key: { public_key: abcdefgh, private_key_file: key } }
  - { name: c, access_token_env: TOKEN }
defaults: { success_max_age: 26h, owner: platform }
targets:
  - { group_id: 32b6e34b3d91647abb20e7b8, clusters: [one, two], credential: a, duration_max: 90m }
  - { group_id: 32b6e34b3d91647abb20e7b8, clusters: [three], credential: a, success_max_age: 8d }
  - { group_id: 32b6e34b3d91647abb20e7b9, clusters: all, exclude: ["ci-*"], credential: b,
      overrides: [{ match: "*-weekly", success_max_age: 8d }] }
  - { group_id: 32b6e34b3d91647abb20e7ba, clusters: [four], credential: c }
  - { projects: all, exclude_projects: ["*-sandbox"], clusters: all, include: ["prod-*"], credential: c }
`;

test('the configuration is shown with its defaults, and with where each secret comes from', async () => {
  const shown = showConfig(await load(FILE));
  expect(shown).toContain('request_timeout: 15s\n  page_size: 500\n');
  expect(shown).toContain('interval: 1m\n  idle_interval: 5m\n  max_stale: 15m\n');
  expect(shown).toContain(
    'client_id: <inline>\n      client_secret: <inline>\n    expires_at: 2027-03-01T00:00:00.000Z',
  );
  expect(shown).toContain('private_key: <file key>');
  expect(shown).not.toContain(folder);
  expect(shown).toContain('access_token: <environment variable TOKEN>');
  expect(shown).toContain(
    'clusters:\n      - one\n      - two\n    credential: a\n    success_max_age: 1d2h\n    duration_max: 1h30m\n    owner: platform',
  );
  expect(shown).toContain(
    'projects: all\n    clusters: all\n    exclude_projects:\n      - "*-sandbox"\n    credential: c\n    success_max_age: 1d2h\n    owner: platform\n    include:\n      - prod-*\n    exclude: []\n',
  );
  expect(shown).toContain(
    'clusters: all\n    credential: b\n    success_max_age: 1d2h\n    owner: platform\n    exclude:\n      - ci-*\n    overrides:\n      - match: "*-weekly"\n        success_max_age: 8d\n    discovery_interval: 10m',
  );
});

test('no secret is read for it', async () => {
  const config = await load(FILE);
  const shown = showConfig(config);
  expect(Object.values(SECRETS).filter((secret) => shown.includes(secret))).toEqual([]);
  rmSync(join(folder, 'key'));
  expect(showConfig(config)).toBe(shown);
  writeFileSync(join(folder, 'key'), SECRETS.file);
});

test('the shown config is valid if its secrets are filled in', async () => {
  const config = await load(FILE);
  const again = await load(showConfig(config).replace(/<[^>]*>/g, 'a-secret'));
  // Functions and descriptions of secrets differ; everything else must be the same.
  const plain = ({ atlas, polling, targets, discoveries, organizations }: Config) =>
    JSON.parse(
      JSON.stringify({ atlas, polling, targets, discoveries, organizations }, (key, value: unknown) =>
        key === 'place' ? undefined : value,
      ),
    ) as unknown;
  expect(plain(again)).toEqual(plain(config));
});
