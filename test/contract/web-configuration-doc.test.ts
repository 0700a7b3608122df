import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { compareSync } from 'bcryptjs';
import { loadWebConfig } from '../../src/config/web/web-config.ts';
import { createAuthority } from '../support/certificates.ts';
import { files } from '../support/files.ts';
import { temporaryFolder } from '../support/temporary.ts';

const example = readFileSync('deploy/config/web-config.example.yml', 'utf8');

test('the example is valid as it is, and with every commented line enabled', async () => {
  const folder = temporaryFolder('web-example');
  const authority = createAuthority();
  const { certFile, keyFile } = authority.issue('server');
  copyFileSync(certFile, join(folder, 'server.pem'));
  copyFileSync(keyFile, join(folder, 'server.key'));
  copyFileSync(authority.certFile, join(folder, 'clients.pem'));
  const load = async (text: string) => {
    writeFileSync(join(folder, 'web.yml'), text);
    return await loadWebConfig({ file: 'web.yml', cwd: folder, files });
  };
  expect(await load(example)).toMatchObject({ webConfig: { tls: { clientAuthType: 'NoClientCert' }, headers: {} } });
  const whole = await load(example.replaceAll(/^( *)#(?! |$)/gm, '$1').replaceAll(/^#(?= {2})/gm, ''));
  expect(whole).toMatchObject({
    webConfig: {
      tls: { clientAuthType: 'RequireAndVerifyClientCert' },
      headers: { 'Strict-Transport-Security': 'max-age=31536000' },
    },
  });
  if ('problems' in whole) throw new Error();
  expect(whole.webConfig.tls?.context().minVersion).toBe('TLSv1.3');
  expect(compareSync('example', whole.webConfig.users.get('prometheus') ?? '')).toBe(true);
});
