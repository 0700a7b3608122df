/**
 * The worker thread of bcrypt.ts. The only JavaScript file here: Node.js itself loads a thread's file, in tests too, and
 * Node.js 20 cannot load TypeScript.
 */
import { parentPort } from 'node:worker_threads';
import { compareSync } from 'bcryptjs';

parentPort?.on('message', (/** @type {{ id: number, password: string, hash: string }} */ { id, password, hash }) => {
  parentPort?.postMessage({ id, isSame: compareSync(password, hash) });
});
