/**
 * `health`: asks a running exporter whether its scheduler ticks. It asks on loopback as a rule, where a certificate proves
 * nothing that matters and is often made for another name: there any is accepted, elsewhere it is verified.
 */

import { readFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { HealthFlags } from '../cli/parse.ts';
import type { Runtime } from '../support/runtime.ts';
import { EXIT, type ExitCode } from './command.ts';
import type { Terminal } from './terminal.ts';

export interface HealthSettings extends HealthFlags {
  readonly terminal: Pick<Terminal, 'say' | 'tell'>;
  readonly runtime: Runtime;
}

const LIMIT_SECONDS = 5;
/** Of what is answered, so much is shown. */
const LONGEST_ANSWER = 200;
const LOOPBACK = /^(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])$/;

export async function runHealth({ url, client, terminal, runtime }: HealthSettings): Promise<ExitCode> {
  const ended = new AbortController();
  try {
    const late = runtime.sleep(LIMIT_SECONDS, ended.signal).then(() => {
      throw new Error(`no answer within ${LIMIT_SECONDS} s`);
    });
    const { status, text } = await Promise.race([ask(url, client, ended.signal), late]);
    if (status === 200) {
      terminal.say(`healthy: ${url}\n`);
      return EXIT.fine;
    }
    terminal.tell(`not healthy: ${url} answers ${status}${text === '' ? '' : `: ${text}`}\n`);
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    const why = code === undefined || message.includes(code) ? message : `${message} (${code})`;
    terminal.tell(`not healthy: ${url}: ${why}\n`);
  } finally {
    ended.abort(new Error('it has ended'));
  }
  return EXIT.failure;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function ask(url: string, client: HealthFlags['client'], signal: AbortSignal): Promise<Answer> {
  const isLoopback = LOOPBACK.test(new URL(url).hostname);
  // Not a proxy's business, nor worth a connection that is kept.
  const plain = { agent: false, signal, headers: { connection: 'close' } };
  const shown = client && { cert: await readFile(client.certificate), key: await readFile(client.key) };
  const secure = { ...plain, ...shown, rejectUnauthorized: !isLoopback };
  return new Promise((resolve, reject) => {
    const receive = (response: IncomingMessage): void => {
      readAnswer(response).then(resolve, reject);
    };
    const request = url.startsWith('https:') ? httpsRequest(url, secure) : httpRequest(url, plain);
    request.on('response', receive).on('error', reject).end();
  });
}

/** Its first line, and no more of it than is shown. */
async function readAnswer(response: IncomingMessage): Promise<Answer> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) {
    text += chunk;
    if (text.length > LONGEST_ANSWER) break;
  }
  const [line = ''] = text.slice(0, LONGEST_ANSWER).split(/\r?\n/);
  return { status: response.statusCode ?? 0, text: line.replaceAll(/\p{Cc}/gu, '') };
}
