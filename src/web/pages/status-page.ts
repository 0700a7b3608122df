/**
 * The status page: which clusters need action, why, and what to do, grouped by cause. The most urgent comes first. A page may have
 * a thousand rows, so a row without problems is short.
 */
import type { Finding } from '../../collectors/collector.ts';
import { CONDITIONS, type Condition, type Level, WORDS } from '../../collectors/conditions.ts';
import { activeStateOf, type Job, progressRatio } from '../../collectors/exports/job.ts';
import { exportsOf } from '../../collectors/exports/summary.ts';
import { grouped } from '../../collectors/folding.ts';
import { scheduleOf } from '../../collectors/schedule.ts';
import { counted, sentence, span } from '../../support/words.ts';
import { ageBar, countsInWords, icon, marks, STATES, wordsOf } from './drawings.ts';
import { absoluteTime, clockTime, type Html, html, nothing, relativeTime } from './html.ts';
import { dashboardLink, type PageFacts, type PageLinks, page, projectLink, runbookLink } from './layout.ts';
import { MAX_UNFOLDED, projectNotices, projectTable } from './project-table.ts';
import { createMatcher, type Filter, type Overview, projectWords, recentJobs, type TargetStatus } from './status.ts';

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
  const { targets, projects, listings, outage, failures, cause } = overview;
  const count = targets.length;
  const worst = targets[0]?.condition ?? 'fine';
  const of = `of ${counted(count, 'cluster')}`;
  const urgent = countOf(targets, 'trouble');
  const warnings = countOf(targets, 'doubt');
  const action = `${urgent} ${of} ${urgent === 1 ? 'needs' : 'need'} action now`;
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
    return headline('trouble', worst, action, lead);
  }
  if (count === 0) {
    const isSearching =
      listings.some(({ tried }) => !tried) || projects.some(({ discovery }) => discovery?.tried === false);
    if (isSearching) return headline('waiting', 'waiting', 'Searching for clusters');
    const why = 'The config names no clusters for this exporter, and the discovery has found none in its projects.';
    return headline('waiting', 'waiting', 'No cluster is monitored', why);
  }
  if (targets.every(({ condition }) => condition === 'waiting'))
    return headline('waiting', 'waiting', 'Waiting for the first poll');
  if (warnings > 0) {
    const words = `${warnings} ${of} ${warnings === 1 ? 'has' : 'have'} warnings`;
    return headline('doubt', worst, words, 'Not urgent: no cluster is known to be overdue.');
  }
  return headline('fine', 'fine', count === 1 ? 'The cluster is fine' : `All ${count} clusters are fine`);
}

function headline(tone: string, shape: Condition, words: string | Html, lead = ''): Html {
  return html`<p class="verdict ${tone}" role="status">${icon(shape)}${words}</p>
${lead === '' ? nothing : html`<p class="lead">${lead}</p>`}`;
}

function filterForm(targets: readonly TargetStatus[], { text, condition, owner }: Filter): Html {
  const chip = (value: string, label: Html, count: number): Html =>
    html`<button name="state" value="${value}" aria-pressed="${String(value === (condition ?? ''))}">${label} ${count}</button>`;
  const chips = CONDITIONS.map((one) => {
    const { length } = targets.filter(({ findings }) => findings.some((finding) => finding.condition === one));
    return length > 0 || one === condition ? chip(one, html`${icon(one)}${WORDS[one].label}`, length) : nothing;
  });
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

const URGENCY_WORDS: Readonly<Record<Level, string>> = { trouble: ' to act on now', doubt: ', not urgent', calm: '' };

/** One group for each condition that is the most urgent one of a target. Groups are folded and opened without a script. */
function targetGroups(overview: Overview, filter: Filter, facts: PageFacts): Html {
  const { targets } = overview;
  const shown = new Set(targets.filter(createMatcher(filter)));
  const all = `${counted(targets.length, 'cluster')}, the most urgent first.`;
  return html`<p id="shown" class="no" aria-live="polite" data-all="${all}">${shown.size < targets.length ? `Showing ${shown.size} of ${targets.length}.` : all}</p>
<p class="legend" aria-hidden="true"><span>${ageBar(2, 3, false)} age of the last successful export, the line is its limit</span>${STATES.map((state) => html`<span>${marks([state])} ${wordsOf(state)}</span>`)}</p>
${CONDITIONS.map((condition) => {
  const members = targets.filter((one) => one.condition === condition);
  return members.length === 0 ? nothing : group(condition, members, { ...overview, shown }, facts);
})}`;
}

/** With the targets that the filter shows. */
type List = Overview & { readonly shown: ReadonlySet<TargetStatus> };

/** A cause that several clusters share is written once: in the line of the group, or if there are other causes, above the rows. */
function group(condition: Condition, members: readonly TargetStatus[], list: List, facts: PageFacts): Html {
  const { links } = facts;
  const { level } = WORDS[condition];
  const isFolded = level !== 'trouble' && members.length > MAX_UNFOLDED;
  const shownCount = members.filter((one) => list.shown.has(one)).length;
  const causes = [...grouped(members, ({ findings: [first] }) => `${first?.alert} ${first?.advice}`).values()];
  const only = causes.length === 1 ? sharedCause(members) : undefined;
  const bodies = causes.map((cause) => {
    const shared = sharedCause(cause);
    const isHere = shared !== undefined && only === undefined;
    return html`<tbody>${isHere ? html`<tr class="cause"><th scope="rowgroup" colspan="5">${advice(shared, links)}</th></tr>` : nothing}
${cause.map((one) => targetRow(one, shared !== undefined, list, facts))}</tbody>
`;
  });
  const all = `${counted(members.length, 'cluster')}${URGENCY_WORDS[level]}`;
  return html`<details class="card group" id="g-${condition}"${isFolded ? html` data-folded` : nothing}${isFolded && list.shown.size === list.targets.length ? nothing : html` open`}${shownCount === 0 ? html` hidden` : nothing}><summary>${badge(condition)}<span class="count" data-all="${all}">${shownCount === members.length ? all : `${shownCount} of ${all}`}</span>${only?.advice ? html`<span class="do">${sentence(only.advice)}</span>` : nothing}</summary>
${only ? html`<p class="runbook">${runbookLink(links, only.alert, `Runbook of ${only.alert}`)}</p>` : nothing}<table class="targets">
<thead><tr><th scope="col">Cluster and project</th><th scope="col">What is wrong, and what to do</th><th scope="col">Last successful export</th><th scope="col">Latest exports</th><th scope="col">Read from Atlas</th></tr></thead>
${bodies}</table></details>
`;
}

function sharedCause([first, second]: readonly TargetStatus[]): Finding | undefined {
  const finding = first?.findings[0];
  return second === undefined || finding?.advice === undefined ? undefined : finding;
}

const RECENT_JOBS = 14;
const ACTIVE_JOBS = 3;

/**
 * The group names the most urgent condition, so the row does not.
 * @param isCauseShared the advice on the most urgent finding stands above the row
 */
function targetRow(status: TargetStatus, isCauseShared: boolean, list: List, { nowSeconds, links }: PageFacts): Html {
  const { target } = status.state;
  const [main, ...others] = status.findings;
  const conditions = status.findings.map((one) => one.condition).join(' ');
  const problem = main?.problem === undefined ? nothing : html`<p>${sentence(main.problem)}</p>`;
  const cause = main === undefined || isCauseShared ? nothing : advice(main, links);
  // The headline of an outage says this already.
  const more = others.filter((one) => !(list.cause && one.condition === 'unreachable'));
  const owner = target.owner === undefined ? nothing : html` data-o="${target.owner}"`;
  const isOff = scheduleOf(status.state).summary?.autoExportEnabled === false;
  const tags = html`${target.paused ? html` <i>paused</i>` : nothing}${isOff ? html` <i>auto export off</i>` : nothing}`;
  // The script refers to rows by their links, and filters by data-s and data-o.
  const path = `targets/${encodeURIComponent(target.groupId)}/${encodeURIComponent(target.clusterName)}`;
  return html`<tr data-s="${conditions}"${owner}${list.shown.has(status) ? nothing : html` hidden`}><th scope="row"><a href="${path}">${target.clusterName}</a>${tags}<small>${projectLink(links, target, projectWords(target))}</small></th><td>${problem}${cause}${more.map((one) => finding(one, links))}${activeJobs(status, ACTIVE_JOBS, nowSeconds)}</td><td>${lastSuccess(status)}</td><td>${recent(status, links)}</td><td>${lastPoll(status, nowSeconds)}</td></tr>
`;
}

/** A badge with the condition; if there is a problem, also the problem, the advice and the runbook. */
export function finding({ condition, problem, ...cause }: Finding, links: PageLinks): Html {
  if (problem === undefined) return badge(condition);
  return html`<div>${badge(condition)}<p>${sentence(problem)}</p>${advice(cause, links)}</div>`;
}

/** What to do, with a link to the runbook. */
function advice({ advice: text, alert }: Pick<Finding, 'advice' | 'alert'>, links: PageLinks): Html {
  if (text === undefined) return nothing;
  return html`<span class="do">${sentence(text)} ${runbookLink(links, alert)}</span>`;
}

function badge(condition: Condition): Html {
  const { level, label } = WORDS[condition];
  return html`<b class="${level} ${condition}">${icon(condition)}${label}</b>`;
}

export function activeJobs({ active, activeCount }: TargetStatus, count: number, nowSeconds: number): Html {
  if (active.length === 0) return nothing;
  const shown = active.slice(0, count);
  const rest = activeCount - shown.length;
  const more = rest > 0 ? html`<li>and ${rest} more</li>` : nothing;
  return html`<ul>${shown.map((job) => html`<li>${progress(job, nowSeconds)}</li>`)}${more}</ul>`;
}

/** Atlas does not say when an export begins to run, so the time counts from its creation. */
function progress(job: Job, nowSeconds: number): Html {
  const { createdAtSeconds, collections, foreignState, shards } = job;
  const age = createdAtSeconds === undefined ? 'an unknown time' : span(nowSeconds - createdAtSeconds);
  const state = activeStateOf(job);
  if (state === 'queued') return html`queued for ${age}`;
  if (state === 'unknown') return html`in the state ${foreignState ?? '?'} for ${age}`;
  const ratio = progressRatio(job);
  if (collections === undefined || ratio === undefined) {
    return html`${shards > 0 ? `${counted(shards, 'shard')}, ` : ''}exporting for ${age}`;
  }
  const done = `${collections.exported} of ${counted(collections.total, 'collection')}`;
  return html`<progress value="${ratio}" aria-label="${done} exported">${Math.floor(ratio * 100)} %</progress> ${done} in ${age}`;
}

function lastSuccess(status: TargetStatus): Html {
  const { state, lastSuccessAtSeconds: at, lastSuccessAgeSeconds: age, successMaxAgeSeconds: max } = status;
  if (exportsOf(state).summary === undefined) return html`<span class="no">unknown</span>`;
  if (at === undefined || age === undefined) return html`<span class="no">no success listed</span>`;
  const limit = max === undefined ? 'no limit known' : `limit ${span(max)}`;
  return html`${span(age)} ago, ${limit}${ageBar(age, max, status.condition === 'overdue')}<small>${absoluteTime(at)}</small>`;
}

function recent({ state }: TargetStatus, links: PageLinks): Html {
  const { summary, stale } = exportsOf(state);
  if (summary === undefined) return html`<span class="no">unknown</span>`;
  const states = recentJobs(state, RECENT_JOBS).map((job) => job.state);
  const counts = countsInWords(stale ? { ...summary.counts, queued: 0, in_progress: 0, unknown: 0 } : summary.counts);
  if (states.length === 0) return html`<span class="no">${counts || 'no export listed'}</span>`;
  return html`${marks(states)}<small>${counts}${dashboardLink(links, state.target)}</small>`;
}

function lastPoll({ reads: [first] }: TargetStatus, nowSeconds: number): Html {
  if (first?.record.last === undefined) return html`<span class="no">not yet</span>`;
  const next = nextPoll(first.nextPollAtSeconds, nowSeconds);
  return html`${span(nowSeconds - first.record.last.endedAtSeconds)} ago<small>next: ${next}</small>`;
}

/** `in 5 min`, or `now` while the poll runs. An overdue poll waits because of the limit on concurrent requests. */
export function nextPoll(atSeconds: number | undefined, nowSeconds: number): Html {
  if (atSeconds === undefined) return html`now`;
  if (atSeconds >= nowSeconds + 1) return relativeTime(atSeconds, nowSeconds);
  return nowSeconds - atSeconds < 60 ? html`now` : html`due, ${span(nowSeconds - atSeconds)} ago`;
}
