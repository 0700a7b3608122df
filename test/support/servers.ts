/** Servers that end-to-end tests run, real ones, each in a process of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { HOW_TO_GET } from './tools.ts';

export interface Server {
  /** Its output, for the error message if it fails. */
  log(): string;
  stop(): Promise<void>;
}

/** A program that runs until it is stopped. It is ready when its `readyUrl` answers. */
export async function startServer(command: string, args: readonly string[], readyUrl: string): Promise<Server> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  let ended = false;
  child.once('error', (error) => {
    ended = true;
    log = `${command} can’t be run (${error.message}). ${HOW_TO_GET}`;
  });
  child.once('exit', () => {
    ended = true;
  });
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (log += String(chunk)));

  async function stop(): Promise<void> {
    if (ended) return;
    const closed = once(child, 'close');
    child.kill();
    await closed;
  }

  await until(
    async () => ended || (await fetch(readyUrl)).ok,
    20_000,
    () => log,
  ).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  if (ended) throw new Error(`${command} has ended: ${log}`);
  return { log: () => log, stop };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export async function until(check: () => Promise<boolean>, timeoutMs: number, why: () => string): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await check().catch(() => false))) {
    if (Date.now() > deadline) throw new Error(`it never became true: ${why()}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
