/** `npm run docs`: writes every file that is made from the code or copied from another file. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { COPIES } from './deploy-copies.ts';
import { generatedFiles } from './generated-files.ts';

const files = await generatedFiles();
// A copy whose original was deleted must not stay.
rmSync(COPIES, { recursive: true, force: true });
for (const [path, text] of files) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
