/** The status page, for the person at 3 a.m.: which clusters need attention, why, and what to do, in this order. */
import { CONDITIONS, type Condition, type Level, WORDS } from '../../collectors/conditions.ts';
import { counted } from '../../support/words.ts';
import { createMatcher, type Filter } from './filter.ts';
import { type Html, html, nothing } from './html.ts';
import { icon, marks, STATE_WORDS } from './icons.ts';
import { type PageFacts, page } from './layout.ts';
import { projectNotices, projectTable } from './project-table.ts';
import type { ProjectStatus } from './projects.ts';
import type { TargetStatus } from './status.ts';
import { targetRow } from './target-row.ts';

export interface Overview {
  /** In the order in which they are shown. */
  readonly targets: readonly TargetStatus[];
  readonly projects: readonly ProjectStatus[];
}

const LEGEND = ['successful', 'failed', 'cancelled', 'in_progress', 'queued', 'unknown'] as const;

export function renderStatusPage(overview: Overview, filter: Filter, facts: PageFacts): string {
  const { targets, projects } = overview;
  const levels = countBy(targets, ({ condition }) => WORDS[condition].level);
  const troubled = levels.get('trouble') ?? 0;
  const notices = projectNotices(projects);
  return page(
    {
      title: `${troubled > 0 ? `(${troubled}) ` : ''}Atlas backup exports`,
      inTrouble: troubled > 0 || notices.length > 0,
      main: html`${verdict(targets, levels, projects)}${notices}
${targets.length === 0 ? nothing : html`${filterForm(targets, filter)}${targetTable(targets, filter, facts.nowSeconds)}`}
${projectTable(projects, facts.nowSeconds)}`,
    },
    facts,
  );
}

/** The one look. */
function verdict(
  targets: readonly TargetStatus[],
  levels: ReadonlyMap<Level, number>,
  projects: readonly ProjectStatus[],
): Html {
  const [all, trouble, doubt] = [targets.length, levels.get('trouble') ?? 0, levels.get('doubt') ?? 0];
  const most = targets[0]?.condition ?? 'waiting';
  const later =
    doubt > 0 ? `${doubt}${trouble > 0 ? ' more' : ''} ${doubt === 1 ? 'is' : 'are'} worth a look by day.` : '';
  if (trouble > 0) {
    const words = `${trouble} of ${counted(all, 'cluster')} ${trouble === 1 ? 'needs' : 'need'} attention`;
    return say('trouble', most, words, later);
  }
  if (all === 0) {
    const searching = projects.some(({ search }) => search && !search.tried);
    const why = 'The config names none that this exporter is to watch, and none was found in its projects.';
    return searching
      ? say('waiting', 'waiting', 'Looking for clusters', '')
      : say('waiting', 'waiting', 'No cluster is watched', why);
  }
  if (targets.every(({ condition }) => condition === 'waiting')) return say('waiting', 'waiting', 'Asking Atlas', '');
  const fine = doubt > 0 ? `No cluster is in trouble` : `All ${counted(all, 'cluster')} are fine`;
  return say('fine', 'fine', all === 1 && doubt === 0 ? 'The cluster is fine' : fine, later);
}

function say(tone: string, shape: Condition, words: string, lead: string): Html {
  return html`<p class="verdict ${tone}" role="status">${icon(shape)}${words}</p>
${lead === '' ? nothing : html`<p class="lead">${lead}</p>`}`;
}

function filterForm(targets: readonly TargetStatus[], { text, condition }: Filter): Html {
  const counts = countBy(
    targets.flatMap(({ findings }) => findings),
    (finding) => finding.condition,
  );
  const chip = (value: string, label: Html, count: number, isPressed: boolean): Html =>
    html`<button name="state" value="${value}" data-n="${count}" aria-pressed="${String(isPressed)}">${label} ${count}</button>`;
  // The first button is what Enter in the search box presses: it keeps the state that is chosen.
  return html`<form role="search" aria-label="Clusters" method="get" action="./"><label for="q">Search</label>
<input id="q" name="q" type="search" value="${text}" placeholder="Cluster, project or id" autocomplete="off" spellcheck="false">
<button id="now" name="state" value="${condition ?? ''}">Show</button>
<div class="chips" role="group" aria-label="State">${chip('', html`All`, targets.length, condition === undefined)}${CONDITIONS.filter(
    (one) => (counts.get(one) ?? 0) > 0 || one === condition,
  ).map((one) =>
    chip(one, html`${icon(one)}${WORDS[one].label}`, counts.get(one) ?? 0, one === condition),
  )}</div></form>
`;
}

function targetTable(targets: readonly TargetStatus[], filter: Filter, nowSeconds: number): Html {
  const matches = createMatcher(filter);
  const shown = new Set(targets.filter(matches));
  const all = targets.length === 1 ? '1 cluster.' : `${targets.length} clusters, those that need attention first.`;
  const group = (name: string, members: readonly TargetStatus[]): Html =>
    members.length === 0
      ? nothing
      : html`<tbody id="${name.toLowerCase().replaceAll(' ', '-')}"${members.some((one) => shown.has(one)) ? nothing : html` hidden`}><tr class="group"><th scope="rowgroup" colspan="5">${name}</th></tr>
${members.map((one) => targetRow(one, nowSeconds, shown.has(one)))}</tbody>
`;
  const isOf = (level: Level) => (one: TargetStatus) => WORDS[one.condition].level === level;
  return html`<p id="shown" class="no" aria-live="polite" data-all="${all}">${shown.size === targets.length ? all : `Showing ${shown.size} of ${targets.length}.`}</p>
<div class="card"><table class="targets">
<thead><tr><th scope="col">Cluster</th><th scope="col">State and what to do</th><th scope="col">Last success, of the age expected</th><th scope="col">Newest exports, and all listed</th><th scope="col">Read from Atlas</th></tr></thead>
${group('Need attention', targets.filter(isOf('trouble')))}${group('Worth a look', targets.filter(isOf('doubt')))}${group('In order', targets.filter(isOf('calm')))}</table></div>
<p class="legend" aria-hidden="true">${LEGEND.map((state) => html`<span>${marks([state])} ${STATE_WORDS[state]}</span>`)}</p>
`;
}

function countBy<T, K>(items: readonly T[], keyOf: (item: T) => K): ReadonlyMap<K, number> {
  const counts = new Map<K, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
}
