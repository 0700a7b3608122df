/** The status page: one table of all targets, those that need attention first. No script, no foreign asset. */
import { createHash } from 'node:crypto';
import type { Condition, TargetStatus } from './status.ts';

export interface PageFacts {
  readonly version: string;
  readonly nowSeconds: number;
  readonly telemetryPath: string;
}

const WORDS: Readonly<Record<Condition, string>> = {
  failing: 'can’t be read',
  failed: 'last export failed',
  overdue: 'overdue',
  no_success: 'no successful export',
  waiting: 'not read yet',
  running: 'exporting',
  fine: 'fine',
};

const STYLE = `
:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 80rem; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
caption { text-align: left; padding: .5rem 0 }
th, td { text-align: left; vertical-align: top; padding: .4rem .8rem .4rem 0; border-bottom: 1px solid #8886 }
td:is(:nth-child(3), :nth-child(4), :nth-child(6)) { white-space: nowrap; font-variant-numeric: tabular-nums }
small { opacity: .75; display: block }
.failing, .failed, .overdue, .no_success { font-weight: 600; color: light-dark(#a40e26, #ff8589) }
.running { color: light-dark(#0b57a4, #79b8ff) }
.scroll { overflow-x: auto }
`;

/** What the page may load: its own style, nothing else. */
export const PAGE_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

export function renderStatusPage(targets: readonly TargetStatus[], facts: PageFacts): string {
  const troubled = targets.filter(({ condition }) => !['fine', 'running', 'waiting'].includes(condition)).length;
  const metrics = escapeHtml(facts.telemetryPath);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="15">
<title>${troubled > 0 ? `(${troubled}) ` : ''}Atlas backup exports</title>
<style>${STYLE}</style>
</head>
<body>
<h1>Atlas backup exports</h1>
<p>${targets.length} clusters, ${troubled === 0 ? 'none needs attention' : `<strong>${troubled} need attention</strong>`}.
<a href="${metrics}">Metrics</a> · <a href="/-/healthy">Health</a> · <a href="/-/ready">Readiness</a> · version ${escapeHtml(facts.version)}</p>
<div class="scroll"><table>
<caption>Every watched cluster as of ${time(facts.nowSeconds)}</caption>
<thead><tr><th scope="col">Cluster</th><th scope="col">State</th><th scope="col">Last success</th><th scope="col">Expected within</th><th scope="col">Jobs listed</th><th scope="col">Read</th></tr></thead>
<tbody>
${targets.map((target) => row(target, facts.nowSeconds)).join('\n')}
</tbody>
</table></div>
</body>
</html>
`;
}

function row(target: TargetStatus, nowSeconds: number): string {
  const { condition, failure, lastSuccessAtSeconds, lastSuccessAgeSeconds } = target;
  const state = `<span class="${condition}">${WORDS[condition]}</span>${failure ? `<small>${escapeHtml(failure.problem)}: ${escapeHtml(failure.advice)}</small>` : ''}`;
  const success =
    lastSuccessAgeSeconds === undefined
      ? 'none known'
      : `${ago(lastSuccessAgeSeconds)} ago<small>${time(lastSuccessAtSeconds ?? 0)}</small>`;
  const expected = target.successMaxAgeSeconds === undefined ? 'not set' : ago(target.successMaxAgeSeconds);
  return `<tr><th scope="row">${escapeHtml(target.clusterName)}<small>${escapeHtml(target.groupId)}</small></th><td>${state}</td><td>${success}</td><td>${expected}</td><td>${counts(target)}</td><td>${read(target, nowSeconds)}</td></tr>`;
}

function counts({ counts: all }: TargetStatus): string {
  const some = Object.entries(all ?? {}).filter(([, count]) => count > 0);
  return some.map(([state, count]) => `${count} ${state.replace('_', ' ')}`).join(', ') || '–';
}

function read({ lastPollAtSeconds, nextPollAtSeconds }: TargetStatus, nowSeconds: number): string {
  if (lastPollAtSeconds === undefined) return 'not yet';
  const next =
    nextPollAtSeconds === undefined ? '' : `<small>next in ${ago(Math.max(0, nextPollAtSeconds - nowSeconds))}</small>`;
  return `${ago(Math.max(0, nowSeconds - lastPollAtSeconds))} ago${next}`;
}

/** The two greatest units of a span: `3 d 4 h`. */
function ago(seconds: number): string {
  const units = [
    ['d', 86400],
    ['h', 3600],
    ['min', 60],
    ['s', 1],
  ] as const;
  const parts: string[] = [];
  let rest = Math.round(seconds);
  for (const [unit, size] of units) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count} ${unit}`);
  }
  return parts.slice(0, 2).join(' ') || '0 s';
}

function time(unixSeconds: number): string {
  const iso = new Date(unixSeconds * 1000).toISOString();
  return `<time datetime="${iso}">${iso.slice(0, 16).replace('T', ' ')} UTC</time>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
