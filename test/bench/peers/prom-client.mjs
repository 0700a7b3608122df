/** Serves the samples of a page as an exporter with prom-client and express would: `node prom-client.mjs PAGE_FILE`. */
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import express from 'express';
import { Gauge, Registry } from 'prom-client';

const registry = new Registry();
const gauges = new Map();
for (const [, name, text, value] of readFileSync(process.argv[2], 'utf8').matchAll(/^(\w+)\{(.*)\} (\S+)$/gm)) {
  const labels = Object.fromEntries(Array.from(text.matchAll(/(\w+)="([^"]*)"/g), ([, label, own]) => [label, own]));
  const labelNames = Object.keys(labels);
  if (!gauges.has(name)) gauges.set(name, new Gauge({ name, help: 'As ours.', labelNames, registers: [registry] }));
  gauges.get(name).set(labels, Number(value));
}
const app = express();
app.get('/metrics', async (request, response) => {
  const text = await registry.metrics();
  response.setHeader('Content-Type', registry.contentType);
  if (!/gzip/.test(request.headers['accept-encoding'])) return response.end(text);
  response.setHeader('Content-Encoding', 'gzip');
  response.end(await promisify(gzip)(text));
});
const server = app.listen(0, '127.0.0.1', () => console.error(`"urls":["http://127.0.0.1:${server.address().port}"]`));
