/** What all responses have in common: short plain text, and headers that keep browsers from misusing a response. */
import type { NextFunction, Request, Response } from 'express';
import type { GuardSettings } from './settings.ts';

/** `text` must not contain anything from the request. */
export function sendText(response: Response, status: number, text: string): void {
  response.status(status).type('text').send(`${text}\n`);
}

/** Pages set their own Content-Security-Policy, which allows more. */
const HEADERS: GuardSettings['headers'] = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'deny',
  'Content-Security-Policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

export function addHeaders(guards: () => Pick<GuardSettings, 'headers'>) {
  return ({ socket }: Request, response: Response, next: NextFunction): void => {
    for (const [name, value] of Object.entries({ ...HEADERS, ...guards().headers })) {
      // RFC 6797, section 7.2: this header must not be sent over plain HTTP.
      const isAllowed = name !== 'Strict-Transport-Security' || 'encrypted' in socket;
      if (value !== '' && isAllowed) response.setHeader(name, value);
    }
    next();
  };
}
