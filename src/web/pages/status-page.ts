/** The status page: which clusters need action, why, and what to do, grouped by cause. The most urgent comes first. */
import type { Finding } from '../../collectors/collector.ts';
import { CONDITIONS, type Condition, type Level, WORDS } from '../../collectors/conditions.ts';
import { counted, sentence } from '../../support/words.ts';
import { ageBar, icon, marks, STATE_WORDS, STATES } from './drawings.ts';
import { clockTime, type Html, html, nothing } from './html.ts';
import { type PageFacts, type PageLinks, page, runbookLink } from './layout.ts';
import { projectNotices, projectTable } from './project-table.ts';
import { createMatcher, type Filter, grouped, type Overview, type TargetStatus } from './status.ts';
import { advice, badge, targetRow } from './target-row.ts';

export function renderStatusPage(overview: Overview, filter: Filter, facts: PageFacts): string {
  const { targets, projects } = overview;
  const urgent = countOf(targets, 'trouble') + (overview.cause ? 1 : 0);
  const main = html`${verdict(overview, facts.nowSeconds)}${projectNotices(overview)}
${targets.length === 0 ? nothing : html`${filterForm(targets, filter)}${targetGroups(overview, filter, facts)}`}
${projectTable(projects, facts.nowSeconds)}`;
  return page(`${urgent > 0 ? `(${urgent}) ` : ''}Atlas backup exports`, main, facts);
}

function countOf(targets: readonly TargetStatus[], level: Level): number {
  return targets.filter(({ condition }) => WORDS[condition].level === level).length;
}

function verdict(overview: Overview, nowSeconds: number): Html {
  const { targets, projects, listings, outage, failures } = overview;
  const count = targets.length;
  const of = `of ${counted(count, 'cluster')}`;
  const urgent = countOf(targets, 'trouble');
  const warnings = countOf(targets, 'doubt');
  const action = `${urgent} ${of} ${urgent === 1 ? 'needs' : 'need'} action now`;
  const cause = overview.cause;
  if (cause) {
    const words = outage
      ? html`Atlas has not answered since ${clockTime(outage.sinceSeconds, nowSeconds)}`
      : `Atlas fails for ${failures.length} ${of}`;
    const known = urgent > 0 ? ` By what was known before, ${action}.` : '';
    const lead = `${sentence(cause.problem)} The page shows the latest data that Atlas gave.${known}`;
    return html`${headline('trouble', 'unreachable', words, lead)}<p class="do">${sentence(cause.advice)}</p>\n`;
  }
  if (urgent > 0) {
    const lead = warnings > 0 ? `${counted(warnings, 'other cluster')} with warnings, not urgent.` : '';
    return headline('trouble', targets[0]?.condition ?? 'overdue', action, lead);
  }
  if (count === 0) {
    const isSearching =
      listings.some(({ tried }) => !tried) || projects.some(({ discovery }) => discovery?.tried === false);
    if (isSearching) return waiting('Searching for clusters');
    const why = 'The config names no clusters for this exporter, and the discovery has found none in its projects.';
    return waiting('No cluster is monitored', why);
  }
  if (targets.every(({ condition }) => condition === 'waiting')) return waiting('Waiting for the first poll');
  if (warnings > 0) {
    const words = `${warnings} ${of} ${warnings === 1 ? 'has' : 'have'} warnings`;
    return headline(
      'doubt',
      targets[0]?.condition ?? 'failed',
      words,
      'Not urgent: no cluster is known to be overdue.',
    );
  }
  return headline('fine', 'fine', count === 1 ? 'The cluster is fine' : `All ${count} clusters are fine`);
}

function waiting(words: string, lead?: string): Html {
  return headline('waiting', 'waiting', words, lead);
}

function headline(tone: string, shape: Condition, words: string | Html, lead = ''): Html {
  return html`<p class="verdict ${tone}" role="status">${icon(shape)}${words}</p>
${lead === '' ? nothing : html`<p class="lead">${lead}</p>`}`;
}

function filterForm(targets: readonly TargetStatus[], { text, condition, owner }: Filter): Html {
  const countOfFindings = (one: Condition): number =>
    targets.filter(({ findings }) => findings.some((finding) => finding.condition === one)).length;
  const chip = (value: string, label: Html, count: number): Html =>
    html`<button name="state" value="${value}" aria-pressed="${String(value === (condition ?? ''))}">${label} ${count}</button>`;
  const chips = CONDITIONS.map((one) => ({ one, count: countOfFindings(one) }))
    .filter(({ one, count }) => count > 0 || one === condition)
    .map(({ one, count }) => chip(one, html`${icon(one)}${WORDS[one].label}`, count));
  const owners = new Set(targets.flatMap(({ state }) => state.target.owner ?? []).concat(owner ?? []));
  const option = (one: string) => html`<option${one === owner ? html` selected` : nothing}>${one}</option>`;
  const select =
    owners.size === 0
      ? html`<input name="owner" type="hidden">`
      : html`<label for="owner">Owner</label>
<select id="owner" name="owner" autocomplete="off"><option value="">All</option>${[...owners].sort().map(option)}</select>`;
  // The Enter key in the search box activates the first button, so the first button has the chosen state as its value.
  return html`<form role="search" aria-label="Clusters" method="get" action="./"><label for="q">Search</label>
<input id="q" name="q" type="search" value="${text}" placeholder="Cluster, project or ID" autocomplete="off" spellcheck="false">
${select}
<button id="now" name="state" value="${condition ?? ''}">Filter</button>
<div class="chips" role="group" aria-label="State">${chip('', html`All`, targets.length)}${chips}</div></form>
`;
}

/** A group that is not urgent is folded if it has more clusters than this. */
const MAX_UNFOLDED = 12;
const URGENCY_WORDS: Readonly<Record<Level, string>> = { trouble: ' to act on now', doubt: ', not urgent', calm: '' };

/** One group for each condition that is the most urgent one of a target. Groups are folded and opened without a script. */
function targetGroups(overview: Overview, filter: Filter, facts: PageFacts): Html {
  const { targets } = overview;
  const shown = new Set(targets.filter(createMatcher(filter)));
  const isFiltered = shown.size < targets.length;
  const all = `${counted(targets.length, 'cluster')}, the most urgent first.`;
  const groups = CONDITIONS.map((condition) => {
    const members = targets.filter((one) => one.condition === condition);
    if (members.length === 0) return nothing;
    const isFolded = WORDS[condition].level !== 'trouble' && members.length > MAX_UNFOLDED;
    const isHidden = !members.some((one) => shown.has(one));
    const row = (one: TargetStatus, isCauseShared: boolean): Html =>
      targetRow(one, facts, {
        isCauseShared,
        isOutage: overview.cause !== undefined,
        isShown: shown.has(one),
      });
    return html`<details class="card group" id="g-${condition}"${isFolded ? html` data-folded` : nothing}${isFolded && !isFiltered ? nothing : html` open`}${isHidden ? html` hidden` : nothing}>${groupContent(members, members.filter((one) => shown.has(one)).length, row, facts.links)}</details>
`;
  });
  return html`<p id="shown" class="no" aria-live="polite" data-all="${all}">${isFiltered ? `Showing ${shown.size} of ${targets.length}.` : all}</p>
<p class="legend" aria-hidden="true"><span>${ageBar(2, 3, false)} age of the last successful export, the line is its limit</span>${STATES.map((state) => html`<span>${marks([state])} ${STATE_WORDS[state]}</span>`)}</p>
${groups}`;
}

/** A cause that several clusters share is written once: in the line of the group, or if there are other causes, above the rows. */
function groupContent(
  members: readonly TargetStatus[],
  shownCount: number,
  row: (one: TargetStatus, isCauseShared: boolean) => Html,
  links: PageLinks,
): Html {
  const condition = members[0]?.condition ?? 'fine';
  const causes = grouped(members, ({ findings: [first] }) => `${first?.alert} ${first?.advice}`);
  const only = causes.length === 1 ? sharedCause(members) : undefined;
  const bodies = causes.map((cause) => {
    const shared = sharedCause(cause);
    const isHere = shared !== undefined && only === undefined;
    return html`<tbody>${isHere ? html`<tr class="cause"><th scope="rowgroup" colspan="5">${advice(shared, links)}</th></tr>` : nothing}
${cause.map((one) => row(one, shared !== undefined))}</tbody>
`;
  });
  const all = `${counted(members.length, 'cluster')}${URGENCY_WORDS[WORDS[condition].level]}`;
  return html`<summary>${badge(condition)}<span class="count" data-all="${all}">${shownCount === members.length ? all : `${shownCount} of ${all}`}</span>${only?.advice ? html`<span class="do">${sentence(only.advice)}</span>` : nothing}</summary>
${only ? html`<p class="runbook">${runbookLink(links, only.alert, `Runbook of ${only.alert}`)}</p>` : nothing}<table class="targets">
<thead><tr><th scope="col">Cluster and project</th><th scope="col">What is wrong, and what to do</th><th scope="col">Last successful export</th><th scope="col">Latest exports</th><th scope="col">Read from Atlas</th></tr></thead>
${bodies}</table>`;
}

function sharedCause([first, second]: readonly TargetStatus[]): Finding | undefined {
  const finding = first?.findings[0];
  return second === undefined || finding?.advice === undefined ? undefined : finding;
}
