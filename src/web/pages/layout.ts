/**
 * The frame of all pages, and links to other places. The content security policy lets a page load its own style and
 * script, both by hash, and request its own server. So text from outside is harmless even if it gets into the markup.
 */
import { createHash } from 'node:crypto';
import type { Target } from '../../collectors/collector.ts';
import { iconSprite } from './drawings.ts';
import { absoluteTime, type Html, html, nothing, trusted } from './html.ts';
import { SCRIPT } from './script.ts';
import { STYLE } from './style.ts';

export interface PageLinks {
  readonly runbooks: string;
  readonly dashboard?: string | undefined;
  /** The origin of the Atlas user interface; absent where something else answers for Atlas, which has no such pages. */
  readonly atlas?: string | undefined;
}

export interface PageFacts {
  readonly version: string;
  readonly nowSeconds: number;
  /** The path from this page to the status page: '' or '../../'. Relative, so that a reverse proxy can add any path. */
  readonly root: string;
  readonly telemetryPath: string;
  readonly links: PageLinks;
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

/** The script reloads the page if the program has another version. Without scripts, the browser does so each minute. */
export function page(title: string, main: Html, { root, version, telemetryPath, nowSeconds }: PageFacts): string {
  return html`<!doctype html>
<html lang="en" data-v="${version}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<noscript><meta http-equiv="refresh" content="60"></noscript>
<title>${title}</title>
<link rel="icon" href="${FAVICON}">
<style>${trusted(STYLE)}</style>
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
<script>${trusted(SCRIPT)}</script>
</body>
</html>
`.markup;
}

const FAVICON = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="8" fill="#1c7440"/><path d="M4.6 8.4 7 10.8l4.4-5.2" stroke="#fff" stroke-width="2" fill="none" stroke-linecap="round"/></svg>',
)}`;

export function runbookLink({ runbooks }: PageLinks, alert: string | undefined, words = 'Runbook'): Html {
  if (alert === undefined) return nothing;
  return html`<a href="${runbooks.replace(/\/+$/, '')}/${alert}.md">${words}</a>`;
}

export function projectLink({ atlas }: PageLinks, { groupId }: Target, words: string): Html {
  if (atlas === undefined) return html`<span title="${groupId}">${words}</span>`;
  return html`<a href="${atlas}/v2/${encodeURIComponent(groupId)}">${words}</a>`;
}

export function backupsLink({ atlas }: PageLinks, { groupId, clusterName }: Target): Html {
  if (atlas === undefined) return nothing;
  const path = `/v2/${encodeURIComponent(groupId)}#/clusters/backup/${encodeURIComponent(clusterName)}`;
  return html` · <a href="${atlas}${path}">Open its backups in Atlas</a>`;
}

/** With the variables of the dashboard that comes with the exporter. */
export function dashboardLink({ dashboard }: PageLinks, { groupId, clusterName }: Target): Html {
  if (dashboard === undefined) return nothing;
  const url = new URL(dashboard);
  url.searchParams.set('var-project', groupId);
  url.searchParams.set('var-cluster', clusterName);
  return html` · <a href="${url.href}">Dashboard</a>`;
}
