/** How well the unit is hardened, according to systemd. */
import { expect, test } from '@jest/globals';
import { runTool } from '../support/tools.ts';

const UNIT = 'deploy/systemd/mongodbatlas-backup-exporter.service';
const HOW_TO_GET = 'On Debian and Ubuntu: apt-get install systemd';

test('systemd-analyze rates its exposure at 2.0 or less', () => {
  const args = ['security', '--no-pager', '--offline=yes', '--threshold=20', UNIT];
  const { code, output } = runTool('systemd-analyze', args, '', HOW_TO_GET);
  expect({ code, verdict: output.match(/Overall exposure level.*/)?.[0] }).toEqual({
    code: 0,
    verdict: expect.stringMatching(/: [01]\.\d OK/),
  });
});
