import { expect, test } from '@jest/globals';
import { negotiate } from '../../../../src/web/guards/answer.ts';

const OM = 'application/openmetrics-text';

test.each([
  ['no header', undefined, 'text'],
  ['curl', '*/*', 'text'],
  ['a browser', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text'],
  [
    'Prometheus 2',
    `${OM};version=1.0.0,${OM};version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1`,
    'openmetrics',
  ],
  [
    'Prometheus 3',
    `${OM};version=1.0.0;escaping=allow-utf-8;q=0.6,${OM};version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2`,
    'openmetrics',
  ],
  ['a scraper that prefers text', `${OM};q=0.3,text/plain;version=0.0.4;q=0.9`, 'text'],
  [
    'a scraper that prefers protobuf',
    `application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,${OM};version=1.0.0;q=0.6,text/plain;q=0.4`,
    'openmetrics',
  ],
  ['a scraper that accepts OpenMetrics only', OM, 'openmetrics'],
  ['a client that accepts images only', 'image/png', 'text'],
  ['an invalid header', ';;;q=x,,', 'text'],
])('the format for %s', (_client, accept, format) => {
  expect(negotiate({ accept }).format).toBe(format);
});

test.each([
  [undefined, false],
  ['gzip', true],
  ['gzip, deflate, br', true],
  ['br, gzip;q=0.5', true],
  ['gzip;q=0', false],
  ['identity', false],
  ['br', false],
])('with Accept-Encoding %p gzip is %p', (encoding, gzip) => {
  expect(negotiate(encoding === undefined ? {} : { 'accept-encoding': encoding }).gzip).toBe(gzip);
});
