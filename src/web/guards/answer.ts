/** Headers of every answer. A page that needs more than nothing sets its own policy over the one from here. */
import type { NextFunction, Request, Response } from 'express';

export type Headers = Readonly<Record<string, string>>;

const HEADERS: Headers = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'deny',
  'Content-Security-Policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  // What is true now is asked for now.
  'Cache-Control': 'no-store',
};
const HSTS = 'Strict-Transport-Security';

/** @param configured win over those that are there by themselves; an empty one leaves its header out */
export function addHeaders(configured: () => Headers) {
  return ({ socket }: Request, response: Response, next: NextFunction): void => {
    for (const [name, value] of Object.entries({ ...HEADERS, ...configured() })) {
      // RFC 6797, section 7.2: not over plain HTTP.
      if (value !== '' && (name !== HSTS || 'encrypted' in socket)) response.setHeader(name, value);
    }
    next();
  };
}
