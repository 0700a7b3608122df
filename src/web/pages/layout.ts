/**
 * What all pages have in common. The policy lets a page load its own style and script, both by their hash, ask its own server,
 * and nothing else: text from outside could do nothing even if it got into the markup.
 */
import { createHash } from 'node:crypto';
import { type Html, html, trusted } from './html.ts';
import { iconSprite } from './icons.ts';
import { SCRIPT } from './script.ts';
import { STYLE } from './style.ts';
import { absoluteTime } from './times.ts';

export interface PageFacts {
  readonly version: string;
  readonly nowSeconds: number;
  /** Where the pages' own links go, seen from this page: '' or '../../'. */
  readonly root: string;
  readonly telemetryPath: string;
}

interface Content {
  readonly title: string;
  readonly inTrouble: boolean;
  readonly main: Html;
}

const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

export const PAGE_POLICY = [
  "default-src 'none'",
  `style-src ${hash(STYLE)}`,
  `script-src ${hash(SCRIPT)}`,
  "connect-src 'self'",
  "form-action 'self'",
  'img-src data:',
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Changes with the program: a page that is open then loads anew. */
const EDITION = createHash('sha256').update(STYLE).update(SCRIPT).digest('hex').slice(0, 12);
const style = trusted(STYLE);
const script = trusted(SCRIPT);

export function page({ title, inTrouble, main }: Content, facts: PageFacts): string {
  const { root, version, telemetryPath, nowSeconds } = facts;
  return html`<!doctype html>
<html lang="en" data-v="${EDITION}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<noscript><meta http-equiv="refresh" content="60"></noscript>
<title>${title}</title>
<link rel="icon" href="${inTrouble ? ICONS.trouble : ICONS.calm}">
<style>${style}</style>
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
${iconSprite}
<div class="page">
<header class="top"><h1><a href="${root || './'}">Atlas backup exports</a></h1>
<p><span id="asof">As of ${absoluteTime(nowSeconds)}</span> <button type="button" id="pause" aria-pressed="false" hidden>Pause updates</button></p></header>
<p id="live" class="notice" role="alert" hidden></p>
<main id="main">
${main}</main>
<footer><nav aria-label="More"><a href="${root}${telemetryPath.slice(1)}">Metrics</a> <a href="${root}api/v1/targets">JSON</a> <a href="${root}config">Config</a> <a href="${root}-/healthy">Health</a> <a href="${root}-/ready">Readiness</a> mongodbatlas-backup-exporter ${version}</nav></footer>
</div>
<script>${script}</script>
</body>
</html>
`.markup;
}

function favicon(colour: string, path: string): string {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="8" fill="${colour}"/><path d="${path}" stroke="#fff" stroke-width="2" fill="none" stroke-linecap="round"/></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

const ICONS = {
  trouble: favicon('#b3201a', 'M8 4v5M8 12h.01'),
  calm: favicon('#1c7440', 'M4.6 8.4 7 10.8l4.4-5.2'),
};
