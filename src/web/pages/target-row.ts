/** One target as a row of the status page. A page may have a thousand rows, so a row without problems is short. */
import type { Finding } from '../../collectors/collector.ts';
import { type Condition, WORDS } from '../../collectors/conditions.ts';
import { activeStateOf, type Job, progressRatio } from '../../collectors/exports/job.ts';
import { exportsOf } from '../../collectors/exports/summary.ts';
import { scheduleOf } from '../../collectors/schedule.ts';
import { counted, sentence, span } from '../../support/words.ts';
import { ageBar, countsInWords, icon, marks } from './drawings.ts';
import { absoluteTime, type Html, html, nothing, relativeTime } from './html.ts';
import { dashboardLink, type PageFacts, type PageLinks, projectLink, runbookLink } from './layout.ts';
import { ageSeconds, projectWords, recentJobs, type TargetStatus } from './status.ts';

const RECENT_JOBS = 14;
const ACTIVE_JOBS = 3;

interface RowPlace {
  /** The advice on the most urgent finding stands above the row. */
  readonly isCauseShared: boolean;
  /** The headline says that Atlas does not answer. */
  readonly isOutage: boolean;
  readonly isShown: boolean;
}

/** The group names the most urgent condition, so the row does not. */
export function targetRow(status: TargetStatus, { nowSeconds, links }: PageFacts, place: RowPlace): Html {
  const { target } = status.state;
  const [main, ...others] = status.findings;
  const conditions = status.findings.map((one) => one.condition).join(' ');
  const problem = main?.problem === undefined ? nothing : html`<p>${sentence(main.problem)}</p>`;
  const cause = main === undefined || place.isCauseShared ? nothing : advice(main, links);
  const more = others.filter((one) => !(place.isOutage && one.condition === 'unreachable'));
  const owner = target.owner === undefined ? nothing : html` data-o="${target.owner}"`;
  // The script refers to rows by their links, and filters by data-s and data-o.
  const path = `targets/${encodeURIComponent(target.groupId)}/${encodeURIComponent(target.clusterName)}`;
  return html`<tr data-s="${conditions}"${owner}${place.isShown ? nothing : html` hidden`}><th scope="row"><a href="${path}">${target.clusterName}</a>${tags(status)}<small>${projectLink(links, target, projectWords(target))}</small></th><td>${problem}${cause}${more.map((one) => finding(one, links))}${activeJobs(status, ACTIVE_JOBS, nowSeconds)}</td><td>${lastSuccess(status)}</td><td>${recent(status, links)}</td><td>${lastPoll(status, nowSeconds)}</td></tr>
`;
}

/** A badge with the condition; if there is a problem, also the problem, the advice and the runbook. */
export function finding({ condition, problem, ...cause }: Finding, links: PageLinks): Html {
  if (problem === undefined) return badge(condition);
  return html`<div>${badge(condition)}<p>${sentence(problem)}</p>${advice(cause, links)}</div>`;
}

/** What to do, with a link to the runbook. */
export function advice({ advice: text, alert }: Pick<Finding, 'advice' | 'alert'>, links: PageLinks): Html {
  if (text === undefined) return nothing;
  return html`<span class="do">${sentence(text)} ${runbookLink(links, alert)}</span>`;
}

export function badge(condition: Condition): Html {
  const { level, label } = WORDS[condition];
  return html`<b class="${level} ${condition}">${icon(condition)}${label}</b>`;
}

function tags({ state }: TargetStatus): Html {
  const isOff = scheduleOf(state).summary?.autoExportEnabled === false;
  return html`${state.target.paused ? html` <i>paused</i>` : nothing}${isOff ? html` <i>auto export off</i>` : nothing}`;
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
  const age = createdAtSeconds === undefined ? 'an unknown time' : span(ageSeconds(createdAtSeconds, nowSeconds));
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
