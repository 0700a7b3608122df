/** One target on the status page, in one row. With a thousand of them every byte counts, so what is calm is said briefly. */

import type { Finding } from '../../collectors/collector.ts';
import { type Condition, WORDS } from '../../collectors/conditions.ts';
import { activeStateOf, type Job, type JobState, progressRatio } from '../../collectors/exports/job.ts';
import { exportsOf } from '../../collectors/exports/summary.ts';
import { scheduleOf } from '../../collectors/schedule.ts';
import { counted, sentence, span } from '../../support/words.ts';
import { type Html, html, nothing } from './html.ts';
import { countsInWords, icon, marks } from './icons.ts';
import { recentJobs, since, type TargetStatus } from './status.ts';
import { absoluteTime, relativeTime } from './times.ts';

const RECENT_JOBS = 14;
const JOBS_SHOWN = 3;
/** Of the bar of an age: where the expected age lies, in percent. */
const EXPECTED_AT = 75;

export function targetRow(status: TargetStatus, nowSeconds: number, isShown: boolean): Html {
  const { target } = status.state;
  const states = status.findings.map(({ condition }) => condition).join(' ');
  return html`<tr data-s="${states}"${isShown ? nothing : HIDDEN}><th scope="row"><a href="${hrefOf(status)}">${target.clusterName}</a>${tags(status)}<small>${target.projectName || target.groupId}</small></th><td>${status.findings.map(finding)}${activeJobs(status, nowSeconds)}</td><td>${lastSuccess(status, nowSeconds)}</td><td>${recent(status)}</td><td>${polls(status, nowSeconds)}</td></tr>
`;
}

/** Relative, so that the pages work below any path of a reverse proxy. */
export function hrefOf({ state: { target } }: TargetStatus): string {
  return `targets/${encodeURIComponent(target.groupId)}/${encodeURIComponent(target.clusterName)}`;
}

export function badge(condition: Condition): Html {
  const { level, label } = WORDS[condition];
  return html`<b class="${level} ${condition}">${icon(condition)}${label}</b>`;
}

export function finding({ condition, problem, advice }: Finding): Html {
  if (problem === undefined) return badge(condition);
  return html`<div>${badge(condition)}<p>${sentence(problem)}</p>${advice === undefined ? nothing : html`<p class="do">${sentence(advice)}</p>`}</div>`;
}

const HIDDEN = html` hidden`;

function tags({ state }: TargetStatus): Html {
  const paused = state.target.paused ? html` <i>paused</i>` : nothing;
  return scheduleOf(state).summary?.autoExportEnabled === false ? html`${paused} <i>auto export off</i>` : paused;
}

function activeJobs({ active, activeCount }: TargetStatus, nowSeconds: number): Html {
  if (active.length === 0) return nothing;
  const shown = active.slice(0, JOBS_SHOWN);
  const rest = activeCount - shown.length;
  const more = rest > 0 ? html`<li>and ${rest} more</li>` : nothing;
  return html`<ul>${shown.map((job) => html`<li>${activeJob(job, nowSeconds)}</li>`)}${more}</ul>`;
}

/** How far one export has come. Atlas doesn't say when it began to run, so a span counts from its creation. */
export function activeJob(job: Job, nowSeconds: number): Html {
  const { createdAtSeconds, collections, foreignState, shards } = job;
  const age = createdAtSeconds === undefined ? 'for an unknown time' : span(since(createdAtSeconds, { nowSeconds }));
  const state = activeStateOf(job);
  if (state === 'queued') return html`queued for ${age}`;
  if (state === 'unknown') return html`in the state ${foreignState ?? '?'} for ${age}`;
  const ratio = progressRatio(job);
  if (collections === undefined || ratio === undefined) {
    const what = shards > 0 ? html`${counted(shards, 'shard')}, ` : nothing;
    return html`${what}exporting for ${age}`;
  }
  const done = `${collections.exported} of ${counted(collections.total, 'collection')}`;
  return html`<progress value="${ratio}" aria-label="${done} exported">${Math.floor(ratio * 100)} %</progress> ${done}, for ${age}`;
}

export function ageBar({ lastSuccessAgeSeconds: age, successMaxAgeSeconds: most }: TargetStatus): Html {
  if (age === undefined || most === undefined) return nothing;
  const width = Math.min(100, Math.max(1, Math.round((EXPECTED_AT * age) / most)));
  return html`<svg class="age${age > most ? ' over' : ''}" aria-hidden="true"><rect width="${width}%"/><rect x="${EXPECTED_AT}%"/></svg>`;
}

function lastSuccess(status: TargetStatus, nowSeconds: number): Html {
  const { lastSuccessAtSeconds: at, successMaxAgeSeconds: most } = status;
  if (exportsOf(status.state).summary === undefined) return html`<span class="no">unknown</span>`;
  const expected = most === undefined ? ' ago' : ` of ${span(most)}`;
  if (at === undefined) return html`<span class="no">none listed</span>`;
  return html`${span(since(at, { nowSeconds }))}${expected}${ageBar(status)}<small>${absoluteTime(at)}</small>`;
}

function recent({ state }: TargetStatus): Html {
  const { summary, stale } = exportsOf(state);
  if (summary === undefined) return html`<span class="no">unknown</span>`;
  const states = recentJobs(state, RECENT_JOBS).map((job) => job.state);
  const counts = countsInWords(stale ? { ...summary.counts, queued: 0, in_progress: 0, unknown: 0 } : summary.counts);
  if (states.length === 0) return html`<span class="no">${counts || 'none listed'}</span>`;
  return html`${marks(states, `The newest ${states.length}, oldest first: ${inWords(states)}`)}<small>${counts}</small>`;
}

/** Runs in words: `3 successful, then 1 failed`. */
export function inWords(states: readonly JobState[]): string {
  const runs: { state: JobState; count: number }[] = [];
  for (const state of states) {
    const last = runs.at(-1);
    if (last?.state === state) last.count += 1;
    else runs.push({ state, count: 1 });
  }
  return runs.map(({ state, count }) => countsInWords({ [state]: count })).join(', then ');
}

function polls(status: TargetStatus, nowSeconds: number): Html {
  const { last } = exportsOf(status.state);
  if (last === undefined) return html`<span class="no">not yet</span>`;
  const next = nextTime(status.nextPollAtSeconds('exports'), nowSeconds);
  return html`${relativeTime(last.endedAtSeconds, nowSeconds)}<small>next ${next}</small>`;
}

/** `now` while the poll runs. */
export function nextTime(atSeconds: number | undefined, nowSeconds: number): Html {
  if (atSeconds === undefined) return html`now`;
  return atSeconds < nowSeconds + 1 ? due(nowSeconds - atSeconds) : relativeTime(atSeconds, nowSeconds);
}

/** A poll that is due for longer waits for the concurrency limit. */
function due(seconds: number): Html {
  return seconds < 60 ? html`now` : html`due, ${span(seconds)} ago`;
}
