/** For scripts that run against dist/: the faults are TypeScript, so they are compiled into build/ and loaded from there. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const pathOf = (relative) => fileURLToPath(new URL(relative, import.meta.url));

/** @returns what faulty-simulator.ts and random-faults.ts export */
export async function loadFaults() {
  const [tsc, project] = [pathOf('../../node_modules/typescript/bin/tsc'), pathOf('../support/faults/tsconfig.json')];
  execFileSync(process.execPath, [tsc, '-p', project, '--noCheck'], { stdio: 'inherit' });
  const { startFaultySimulator } = await import('../../build/test/support/faults/faulty-simulator.js');
  const { createRandomFaults } = await import('../../build/test/support/faults/random-faults.js');
  return { startFaultySimulator, createRandomFaults };
}
