/**
 * `health`: asks a running exporter whether its scheduler ticks. On loopback any certificate is accepted: it is often
 * issued for the public name, and the traffic stays on the host.
 */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { HealthFlags } from '../cli/parse.ts';
import { HEALTH_PATH } from '../cli/values.ts';
import { withinDeadline } from '../support/abortable.ts';
import { given } from '../support/checked.ts';
import type { Runtime } from '../support/runtime.ts';
import { EXIT, type ExitCode, type Terminal } from './command.ts';

interface HealthSettings extends HealthFlags {
  readonly terminal: Pick<Terminal, 'say' | 'tell'>;
  readonly runtime: Runtime;
}

const LIMIT_SECONDS = 5;
const MOST_SHOWN = 200;
const LOOPBACK = /^(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])$/;

export async function runHealth({ url, client, terminal, runtime }: HealthSettings): Promise<ExitCode> {
  const late = new Error(`no answer within ${LIMIT_SECONDS} s`);
  try {
    const deadline = { runtime, seconds: LIMIT_SECONDS, late: () => late };
    const { status, text } = await withinDeadline(deadline, (signal) => ask(url, client, signal));
    if (status === 200) {
      terminal.say(`healthy: ${url}\n`);
      return EXIT.fine;
    }
    terminal.tell(`not healthy: ${url} answers ${status}${text === '' ? '' : `: ${text}`}\n`);
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    const why = code === undefined || message.includes(code) ? message : `${message} (${code})`;
    terminal.tell(`not healthy: ${url}: ${why}\n`);
  }
  return EXIT.failure;
}

async function ask(url: string, client: HealthFlags['client'], signal: AbortSignal) {
  const [, socketPath] = /^unix:(.*)$/.exec(url) ?? [];
  // No agent: the request uses no proxy and keeps no connection open.
  const options = { agent: false, signal, headers: { connection: 'close' }, ...given({ socketPath }) };
  const shown = client && { cert: await readFile(client.certificate), key: await readFile(client.key) };
  const rejectUnauthorized = !LOOPBACK.test(new URL(url).hostname);
  const request = url.startsWith('https:')
    ? httpsRequest(url, { ...options, ...shown, rejectUnauthorized })
    : httpRequest(socketPath ? `http://localhost${HEALTH_PATH}` : url, options);
  // After the response has begun, errors come from reading it.
  request.on('error', () => undefined).end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) {
    text += chunk;
    if (text.length > MOST_SHOWN) break;
  }
  const [line = ''] = text.slice(0, MOST_SHOWN).split(/\r?\n/);
  return { status: response.statusCode, text: line.replaceAll(/\p{Cc}/gu, '') };
}
