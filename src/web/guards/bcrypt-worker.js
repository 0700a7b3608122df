/**
 * The thread behind bcrypt.ts. JavaScript, and the only file that is: a thread is loaded by Node.js itself, in tests too, and
 * Node.js 20 reads no TypeScript.
 */
import { parentPort } from 'node:worker_threads';
import { compareSync } from 'bcryptjs';

parentPort?.on('message', (/** @type {{ id: number, password: string, hash: string }} */ { id, password, hash }) => {
  parentPort?.postMessage({ id, same: compareSync(password, hash) });
});
