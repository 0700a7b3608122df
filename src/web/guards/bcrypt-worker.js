/**
 * The worker thread of auth.ts. The only JavaScript file here: Node.js itself loads a thread's file, in tests too, and
 * Node.js 20 cannot load TypeScript.
 */
import { parentPort } from 'node:worker_threads';
import { compareSync } from 'bcryptjs';

parentPort?.on('message', (/** @type {{ password: string, hash: string }} */ { password, hash }) => {
  parentPort?.postMessage(compareSync(password, hash));
});
