import { expect, test } from '@jest/globals';
import { hasName } from '../../../../src/web/guards/tls.ts';

test.each([
  ['DNS:a.example, URI:spiffe://x/y, email:me@a.example', 'a.example', true],
  ['DNS:a.example, URI:spiffe://x/y, email:me@a.example', 'spiffe://x/y', true],
  ['DNS:a.example, URI:spiffe://x/y, email:me@a.example', 'me@a.example', true],
  ['DNS:a.example', 'A.example', false],
  ['DNS:*.example', 'a.example', false],
  ['DNS:a.example', 'example', false],
  ['DNS:a.example', 'DNS:a.example', false],
  ['DirName:"CN=x, DNS:a.example"', 'a.example', false],
  ['URI:"x, DNS:a.example"', 'a.example', false],
  ['URI:"x\\", DNS:a.example, URI:\\"y"', 'a.example', false],
  ['URI:"x, DNS:a.example"', 'x, DNS:a.example', true],
  ['DirName:"CN=x, DNS:a.example, O=y", DNS:b', 'a.example', false],
  ['DirName:"CN=x, DNS:a.example, O=y", DNS:b', 'b', true],
  ['othername:UPN:"x, DNS:a.example, y"', 'a.example', false],
  ['othername:<unsupported>, DNS:a.example', 'a.example', true],
  [undefined, 'a.example', false],
])('a certificate for %s has the name %s: %s', (subjectAltName, name, expected) => {
  expect(hasName({ subjectAltName, checkIP: () => undefined }, name)).toBe(expected);
});

test('an address is compared as an address', () => {
  const checkIP = (ip: string) => (ip === '2001:db8::1' ? ip : undefined);
  const certificate = { subjectAltName: 'IP Address:2001:DB8:0:0:0:0:0:1', checkIP };
  expect(hasName(certificate, '2001:db8::1')).toBe(true);
  expect(hasName(certificate, '2001:db8::2')).toBe(false);
});
