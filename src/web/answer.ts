/** Short answers in plain text. They say nothing of what was asked: a request's own words never come back. */
import type { Response } from 'express';

export function say(response: Response, status: number, text: string): void {
  response.status(status).type('text').send(`${text}\n`);
}
