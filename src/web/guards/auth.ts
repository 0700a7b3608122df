/** HTTP Basic authentication (RFC 7617), where there are users. Probes are let through. */
import type { NextFunction, Request, Response } from 'express';
import { say } from '../answer.ts';
import { isProbe } from './management.ts';
import { createPasswords, type PasswordSettings } from './passwords.ts';

const CHALLENGE = 'Basic realm="mongodbatlas-backup-exporter", charset="UTF-8"';

export function authenticate(settings: PasswordSettings) {
  const passwords = createPasswords(settings);
  return async ({ path, headers }: Request, response: Response, next: NextFunction): Promise<void> => {
    if (settings.users().size === 0 || isProbe(path)) {
      next();
      return;
    }
    const given = decodeBasic(headers.authorization);
    const verdict = given === undefined ? 'wrong' : await passwords.verify(given.name, given.password);
    switch (verdict) {
      case 'right':
        next();
        return;
      case 'wrong':
        response.setHeader('WWW-Authenticate', CHALLENGE);
        say(response, 401, 'Unauthorized.');
        return;
      case 'busy':
        response.setHeader('Retry-After', '1');
        say(response, 503, 'Too many passwords are being checked, try again later.');
    }
  };
}

export function decodeBasic(header = ''): { readonly name: string; readonly password: string } | undefined {
  const [, encoded = ''] = /^Basic +([\w+/=-]+) *$/i.exec(header) ?? [];
  const [, name, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString()) ?? [];
  return name === undefined || password === undefined ? undefined : { name, password };
}
