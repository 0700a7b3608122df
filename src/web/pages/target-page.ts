/** One target in full. */
import type { Collector, Collectors } from '../../collectors/collector.ts';
import { WORDS } from '../../collectors/conditions.ts';
import { DEFAULT_DURATION_MAX_SECONDS } from '../../collectors/exports/findings.ts';
import { exportsOf } from '../../collectors/exports/summary.ts';
import { scheduleOf } from '../../collectors/schedule.ts';
import { counted, sentence, span } from '../../support/words.ts';
import { type Html, html, joined, nothing } from './html.ts';
import { countsInWords, icon } from './icons.ts';
import { type PageFacts, page } from './layout.ts';
import { recentJobs, type TargetStatus } from './status.ts';
import { activeJob, ageBar, finding, nextTime } from './target-row.ts';
import { exportTable, timeAxis } from './timeline.ts';
import { absoluteTime, relativeTime } from './times.ts';

export interface TargetPageFacts extends PageFacts {
  /** Where Atlas' own pages are. */
  readonly atlasUrl: string;
  readonly collectors: Collectors;
}

const NEWEST = 30;

export function renderTargetPage(status: TargetStatus, facts: TargetPageFacts): string {
  const { target } = status.state;
  const { nowSeconds, atlasUrl, collectors } = facts;
  const { level, label } = WORDS[status.condition];
  const jobs = recentJobs(status.state, NEWEST);
  // Where nothing is the matter, the headline has said it.
  const problems = status.findings.filter(({ problem }) => problem !== undefined);
  const main = html`<p class="verdict ${level} ${status.condition}" role="status">${icon(status.condition)}${target.clusterName}: ${label.toLowerCase()}</p>
<p class="lead">${target.projectName || 'Project'} ${target.projectName ? `(${target.groupId})` : target.groupId} ${atlasLink(status, atlasUrl)} · <a href="../../">All clusters</a></p>
${problems.length === 0 ? nothing : html`<div class="card findings">${problems.map(finding)}</div>`}
${activeList(status, nowSeconds)}
<h2>At a glance</h2>
<dl class="card facts">${glance(status, nowSeconds)}</dl>
<h2 id="newest">The newest exports</h2>
${jobs.length === 0 ? html`<p class="no">${exportsOf(status.state).summary ? 'Atlas lists none.' : 'There is no data yet.'}</p>` : html`<div class="card">${timeAxis(jobs, nowSeconds)}</div><br>${exportTable(jobs, nowSeconds)}`}
<h2>Expectations and schedule</h2>
<dl class="card facts">${expectations(status, nowSeconds)}</dl>
${collectors.map((collector) => pollRecord(status, collector, nowSeconds))}
`;
  return page({ title: `${target.clusterName}: ${label.toLowerCase()}`, inTrouble: level === 'trouble', main }, facts);
}

/** Only to Atlas itself: a stand-in on this host has no pages. */
function atlasLink({ state: { target } }: TargetStatus, atlasUrl: string): Html {
  if (!atlasUrl.startsWith('https://')) return nothing;
  const path = `/v2/${encodeURIComponent(target.groupId)}#/clusters/backup/${encodeURIComponent(target.clusterName)}`;
  return html`· <a href="${atlasUrl}${path}" rel="noreferrer">Open its backups in Atlas</a>`;
}

function activeList({ active, activeCount }: TargetStatus, nowSeconds: number): Html {
  if (active.length === 0) return nothing;
  const rest = activeCount - active.length;
  return html`<h2>Queued and running</h2>
<div class="card findings">${active.map((job) => html`<div>${activeJob(job, nowSeconds)}<small>${job.id || 'without an id'}</small></div>`)}${rest > 0 ? html`<div>and ${rest} more</div>` : nothing}</div>
`;
}

function glance(status: TargetStatus, nowSeconds: number): Html {
  const { summary } = exportsOf(status.state);
  if (summary === undefined) return fact('Exports', html`unknown: the list has not been read yet`);
  const { lastSuccess, typicalDurationSeconds: typical, successByBucket, failedByCode } = summary;
  const collections = lastSuccess?.collections;
  const codes = [...failedByCode].map(([code, count]) => html`${count} × ${code}`);
  const buckets = [...successByBucket].map(([id, at]) => html`${id}: ${relativeTime(at, nowSeconds)}`);
  return html`${fact('Last success', when(status.lastSuccessAtSeconds, nowSeconds))}${fact('Its collections', collections ? html`${collections.exported} of ${collections.total}` : html`not said`)}${fact('Usual duration', typical === undefined ? html`unknown` : html`${span(typical)}`)}${fact('Listed exports', html`${countsInWords(summary.counts) || 'none'}`)}${fact('Failed in a row', html`${summary.consecutiveFailures}`)}${codes.length > 0 ? fact('Failures by code', joined(codes, '<br>'), WIDE) : nothing}${buckets.length > 0 ? fact('Last success by bucket', joined(buckets, '<br>'), WIDE) : nothing}`;
}

function expectations(status: TargetStatus, nowSeconds: number): Html {
  const { target } = status.state;
  const [exports, schedule] = [exportsOf(status.state), scheduleOf(status.state)];
  const most = status.successMaxAgeSeconds;
  const source = target.successMaxAgeSeconds === undefined ? 'the backup schedule' : 'the config';
  const age = status.lastSuccessAgeSeconds;
  const none = exports.summary ? 'no success is listed' : 'whether there is one is not known';
  const known = schedule.summary;
  return html`${fact(
    'A success may be as old as',
    most === undefined
      ? html`not known`
      : html`${span(most)}, by ${source}<small>${age === undefined ? none : `the last one is ${span(age)} old`}</small>${ageBar(status)}`,
  )}${fact(
    'An export may take',
    target.durationMaxSeconds === undefined
      ? html`${span(DEFAULT_DURATION_MAX_SECONDS)}, as the config says nothing`
      : html`${span(target.durationMaxSeconds)}, by the config`,
  )}${fact('Automatic export', known === undefined ? html`unknown: the schedule has not been read` : html`${known.autoExportEnabled ? 'on' : 'off'}${known.export ? `, ${known.export.frequency}` : ''}${known.export?.bucketId ? html`<small>to the bucket ${known.export.bucketId}</small>` : nothing}`)}${fact('Credential', html`${target.credential}`)}${fact('Watched because', html`${target.discovered ? 'it was found in its project' : 'the config names it'}`)}${target.paused === undefined ? nothing : fact('Cluster', html`${target.paused ? 'paused' : 'not paused'}`)}${schedule.goodAtSeconds === undefined ? nothing : fact('Schedule as of', when(schedule.goodAtSeconds, nowSeconds))}`;
}

function pollRecord(status: TargetStatus, { name, words }: Collector<unknown>, nowSeconds: number): Html {
  const record = status.state.polled[name];
  if (record === undefined) return nothing;
  const { last, goodAtSeconds, intervalSeconds, polls, failures, read } = record;
  const failed = Object.entries(failures).filter(([, count]) => count > 0);
  const sum = failed.reduce((all, [, count]) => all + count, 0);
  const result = last?.failure
    ? html`<span class="trouble">failed</span><small>${sentence(last.failure.problem)} ${sentence(last.failure.advice)}</small>`
    : html`worked`;
  const latest = last
    ? html`${result}<small>${relativeTime(last.endedAtSeconds, nowSeconds)}, took ${last.durationSeconds.toFixed(2)} s</small>`
    : html`none yet`;
  const items = (count: number) => `${count} ${count === 1 ? words.one : words.many}`;
  return html`<h2>Reading the ${words.resource}</h2>
<dl class="card facts">${fact('Latest', latest, last?.failure && WIDE)}${fact('Latest success', when(goodAtSeconds, nowSeconds))}${fact('Next', nextTime(status.nextPollAtSeconds(name), nowSeconds))}${fact('Interval', html`${span(intervalSeconds)}`)}${read ? fact('Read', html`${items(read.items)} on ${counted(read.pages, 'page')}<small>${read.reportedItems === undefined ? 'Atlas gives no total' : `Atlas gives a total of ${read.reportedItems}`}</small>`) : nothing}${fact('Since the start', html`${counted(polls, 'poll')}, ${sum} failed${failed.length > 0 ? html`<small>${failed.map(([reason, count]) => `${count} ${reason}`).join(', ')}</small>` : nothing}`)}</dl>
`;
}

function when(atSeconds: number | undefined, nowSeconds: number): Html {
  return atSeconds === undefined
    ? html`never`
    : html`${relativeTime(atSeconds, nowSeconds)}<small>${absoluteTime(atSeconds)}</small>`;
}

const WIDE = html` class="wide"`;

function fact(name: string, value: Html, width = nothing): Html {
  return html`<div${width}><dt>${name}</dt><dd>${value}</dd></div>`;
}
