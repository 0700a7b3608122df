/** The status page: which clusters need attention, why, and what to do. The most urgent comes first. */
import { CONDITIONS, type Condition, type Level, WORDS } from '../../collectors/conditions.ts';
import { counted } from '../../support/words.ts';
import { icon, marks, STATE_WORDS, STATES } from './drawings.ts';
import { type Html, html, nothing } from './html.ts';
import { type PageFacts, page } from './layout.ts';
import { projectNotices, projectTable } from './project-table.ts';
import { createMatcher, type Filter, type Overview, type TargetStatus } from './status.ts';
import { targetRow } from './target-row.ts';

export function renderStatusPage(overview: Overview, filter: Filter, facts: PageFacts): string {
  const { targets, projects } = overview;
  const urgent = ofLevel(targets, 'trouble').length;
  const main = html`${verdict(overview)}${projectNotices(projects)}
${targets.length === 0 ? nothing : html`${filterForm(targets, filter)}${targetTable(targets, filter, facts.nowSeconds)}`}
${projectTable(projects, facts.nowSeconds)}`;
  return page(`${urgent > 0 ? `(${urgent}) ` : ''}Atlas backup exports`, main, facts);
}

function ofLevel(targets: readonly TargetStatus[], level: Level): readonly TargetStatus[] {
  return targets.filter(({ condition }) => WORDS[condition].level === level);
}

/** The headline, which summarizes the page. */
function verdict({ targets, projects }: Overview): Html {
  const count = targets.length;
  const urgent = ofLevel(targets, 'trouble').length;
  const warnings = ofLevel(targets, 'doubt').length;
  const lead = warnings > 0 ? `${counted(warnings, 'warning')}, not urgent.` : '';
  if (urgent > 0) {
    const words = `${urgent} of ${counted(count, 'cluster')} ${urgent === 1 ? 'needs' : 'need'} attention`;
    return headline('trouble', targets[0]?.condition ?? 'failed', words, lead);
  }
  if (count === 0) {
    if (projects.some(({ discovery }) => discovery?.tried === false)) return waiting('Searching for clusters');
    const why = 'The config names no clusters for this exporter, and the discovery has found none in its projects.';
    return waiting('No cluster is monitored', why);
  }
  if (targets.every(({ condition }) => condition === 'waiting')) return waiting('Waiting for the first poll');
  if (warnings > 0) return headline('fine', 'fine', 'No cluster needs urgent attention', lead);
  return headline('fine', 'fine', count === 1 ? 'The cluster is fine' : `All ${count} clusters are fine`);
}

function waiting(words: string, lead?: string): Html {
  return headline('waiting', 'waiting', words, lead);
}

function headline(tone: string, shape: Condition, words: string, lead = ''): Html {
  return html`<p class="verdict ${tone}" role="status">${icon(shape)}${words}</p>
${lead === '' ? nothing : html`<p class="lead">${lead}</p>`}`;
}

function filterForm(targets: readonly TargetStatus[], { text, condition }: Filter): Html {
  const countOf = (one: Condition): number =>
    targets.filter(({ findings }) => findings.some((finding) => finding.condition === one)).length;
  const chip = (value: string, label: Html, count: number): Html =>
    html`<button name="state" value="${value}" aria-pressed="${String(value === (condition ?? ''))}">${label} ${count}</button>`;
  const chips = CONDITIONS.map((one) => ({ one, count: countOf(one) }))
    .filter(({ one, count }) => count > 0 || one === condition)
    .map(({ one, count }) => chip(one, html`${icon(one)}${WORDS[one].label}`, count));
  // Enter in the search box presses the first button, so the first button keeps the chosen state.
  return html`<form role="search" aria-label="Clusters" method="get" action="./"><label for="q">Search</label>
<input id="q" name="q" type="search" value="${text}" placeholder="Cluster, project or ID" autocomplete="off" spellcheck="false">
<button id="now" name="state" value="${condition ?? ''}">Filter</button>
<div class="chips" role="group" aria-label="State">${chip('', html`All`, targets.length)}${chips}</div></form>
`;
}

function targetTable(targets: readonly TargetStatus[], filter: Filter, nowSeconds: number): Html {
  const shown = new Set(targets.filter(createMatcher(filter)));
  const all = `${counted(targets.length, 'cluster')}, the most urgent first.`;
  const group = (id: string, name: string, level: Level): Html => {
    const members = ofLevel(targets, level);
    if (members.length === 0) return nothing;
    const hidden = members.some((one) => shown.has(one)) ? nothing : html` hidden`;
    return html`<tbody id="${id}"${hidden}><tr class="group"><th scope="rowgroup" colspan="5">${name}</th></tr>
${members.map((one) => targetRow(one, nowSeconds, shown.has(one)))}</tbody>
`;
  };
  return html`<p id="shown" class="no" aria-live="polite" data-all="${all}">${shown.size === targets.length ? all : `Showing ${shown.size} of ${targets.length}.`}</p>
<div class="card"><table class="targets">
<thead><tr><th scope="col">Cluster</th><th scope="col">State and what to do</th><th scope="col">Age of last success / limit</th><th scope="col">Recent exports, totals</th><th scope="col">Last poll</th></tr></thead>
${group('urgent', 'Need attention', 'trouble')}${group('warnings', 'Warnings, not urgent', 'doubt')}${group('calm', 'No problems', 'calm')}</table></div>
<p class="legend" aria-hidden="true">${STATES.map((state) => html`<span>${marks([state])} ${STATE_WORDS[state]}</span>`)}</p>
`;
}
