/** One target as a row of the status page. A page may have a thousand rows, so a row without problems is short. */
import type { Finding } from '../../collectors/collector.ts';
import { type Condition, WORDS } from '../../collectors/conditions.ts';
import { activeStateOf, type Job, progressRatio } from '../../collectors/exports/job.ts';
import { exportsOf } from '../../collectors/exports/summary.ts';
import { scheduleOf } from '../../collectors/schedule.ts';
import { counted, sentence, span } from '../../support/words.ts';
import { ageBar, countsInWords, icon, marks } from './drawings.ts';
import { absoluteTime, type Html, html, nothing, relativeTime } from './html.ts';
import { ageSeconds, recentJobs, type TargetStatus } from './status.ts';

const RECENT_JOBS = 14;
const ACTIVE_JOBS = 3;

export function targetRow(status: TargetStatus, nowSeconds: number, isShown: boolean): Html {
  const { target } = status.state;
  const conditions = status.findings.map(({ condition }) => condition).join(' ');
  // The script refers to rows by their links, and filters by data-s.
  const path = `targets/${encodeURIComponent(target.groupId)}/${encodeURIComponent(target.clusterName)}`;
  return html`<tr data-s="${conditions}"${isShown ? nothing : html` hidden`}><th scope="row"><a href="${path}">${target.clusterName}</a>${tags(status)}<small>${target.projectName || target.groupId}</small></th><td>${status.findings.map(finding)}${activeJobs(status, ACTIVE_JOBS, nowSeconds)}</td><td>${lastSuccess(status)}</td><td>${recent(status)}</td><td>${lastPoll(status, nowSeconds)}</td></tr>
`;
}

/** A badge with the condition; if there is a problem, also the problem and the advice. */
export function finding({ condition, problem, advice }: Finding): Html {
  if (problem === undefined) return badge(condition);
  return html`<div>${badge(condition)}<p>${sentence(problem)}</p>${advice === undefined ? nothing : html`<p class="do">${sentence(advice)}</p>`}</div>`;
}

function badge(condition: Condition): Html {
  const { level, label } = WORDS[condition];
  return html`<b class="${level} ${condition}">${icon(condition)}${label}</b>`;
}

function tags({ state }: TargetStatus): Html {
  const isOff = scheduleOf(state).summary?.autoExportEnabled === false;
  return html`${state.target.paused ? html` <i>paused</i>` : nothing}${isOff ? html` <i>auto export off</i>` : nothing}`;
}

/** A list of at most `count` active exports. */
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
  return html`${span(age)}${max === undefined ? '' : ` / ${span(max)}`}${ageBar(age, max)}<small>${absoluteTime(at)}</small>`;
}

function recent({ state }: TargetStatus): Html {
  const { summary, stale } = exportsOf(state);
  if (summary === undefined) return html`<span class="no">unknown</span>`;
  const states = recentJobs(state, RECENT_JOBS).map((job) => job.state);
  const counts = countsInWords(stale ? { ...summary.counts, queued: 0, in_progress: 0, unknown: 0 } : summary.counts);
  if (states.length === 0) return html`<span class="no">${counts || 'no export listed'}</span>`;
  return html`${marks(states)}<small>${counts}</small>`;
}

function lastPoll({ reads: [first] }: TargetStatus, nowSeconds: number): Html {
  if (first?.record.last === undefined) return html`<span class="no">not yet</span>`;
  const next = nextPoll(first.nextPollAtSeconds, nowSeconds);
  return html`${relativeTime(first.record.last.endedAtSeconds, nowSeconds)}<small>next: ${next}</small>`;
}

/** `in 5 min`, or `now` while the poll runs. An overdue poll waits because of the limit on concurrent requests. */
export function nextPoll(atSeconds: number | undefined, nowSeconds: number): Html {
  if (atSeconds === undefined) return html`now`;
  if (atSeconds >= nowSeconds + 1) return relativeTime(atSeconds, nowSeconds);
  return nowSeconds - atSeconds < 60 ? html`now` : html`due, ${span(nowSeconds - atSeconds)} ago`;
}
