/** The newest exports of one cluster: when they were, so that gaps show, and one by one with bars as long as they took. */

import { activeStateOf, durationSeconds, type Job, progressRatio } from '../../collectors/exports/job.ts';
import { counted, span } from '../../support/words.ts';
import { type Html, html, nothing, trusted } from './html.ts';
import { marks, STATE_WORDS } from './icons.ts';
import { absoluteTime, relativeTime } from './times.ts';

/** The drawing's own units. */
const WIDTH = 1000;
const LANE_HEIGHT = 14;
const MOST_LANES = 6;
/** A quarter of an hour in a month would not be seen. */
const LEAST_LENGTH = 4;

/**
 * Each export from its creation to its end; those that overlap lie below each other.
 * @param jobs the oldest first
 */
export function timeAxis(jobs: readonly Job[], nowSeconds: number): Html {
  const first = jobs.find((job) => job.createdAtSeconds !== undefined)?.createdAtSeconds;
  if (first === undefined) return nothing;
  const wholeSeconds = Math.max(1, nowSeconds - first);
  const x = (atSeconds: number): number => {
    const share = Math.min(1, Math.max(0, (atSeconds - first) / wholeSeconds));
    return Math.round(LEAST_LENGTH + (WIDTH - 2 * LEAST_LENGTH) * share);
  };
  const laneEnds: number[] = [];
  const strokes = jobs.flatMap((job) => {
    if (job.createdAtSeconds === undefined) return [];
    const from = x(job.createdAtSeconds);
    const end = x(activeStateOf(job) ? nowSeconds : (job.finishedAtSeconds ?? job.createdAtSeconds));
    const to = Math.max(end, from + LEAST_LENGTH);
    const free = laneEnds.findIndex((laneEnd) => laneEnd < from);
    const lane = free >= 0 ? free : Math.min(laneEnds.length, MOST_LANES - 1);
    laneEnds[lane] = to;
    return [`<path class="${job.state}" d="${stroke(job, from, to, (lane + 0.5) * LANE_HEIGHT)}"/>`];
  });
  const height = Math.max(1, laneEnds.length) * LANE_HEIGHT;
  return html`<svg class="axis" viewBox="0 0 ${WIDTH} ${height}" height="${height + 18}" preserveAspectRatio="none" role="img" aria-label="${counted(strokes.length, 'export')} from ${span(wholeSeconds)} ago until now; the table has each of them">${trusted(strokes.join(''))}</svg>
<div class="days"><span>${absoluteTime(first)}</span><span>now</span></div>`;
}

/** A success is a thick bar, a failure a thin one that ends in a cross, what is open has an open end: not told by colour alone. */
function stroke({ state }: Job, from: number, to: number, y: number): string {
  if (state === 'successful') return `M${from} ${y}H${to}`;
  if (state === 'failed') return `M${from} ${y}H${to}M${to - 4} ${y - 5}l8 10m0-10-8 10`;
  if (state === 'cancelled') return `M${from} ${y}H${to}m0-4v8`;
  return `M${to} ${y - 4}H${from}v8H${to}`;
}

/** @param jobs the oldest first; the table begins with the newest */
export function exportTable(jobs: readonly Job[], nowSeconds: number): Html {
  const spans = jobs.map((job) => lengthOf(job, nowSeconds) ?? 0);
  const longestSeconds = Math.max(1, ...spans);
  return html`<div class="card scroll" tabindex="0" role="region" aria-labelledby="newest"><table>
<thead><tr><th scope="col">Created</th><th scope="col">Outcome</th><th scope="col">Took, queueing included</th><th scope="col">Collections</th><th scope="col">Snapshot and bucket</th></tr></thead>
<tbody>${jobs.map((job) => row(job, longestSeconds, nowSeconds)).reverse()}</tbody>
</table></div>
`;
}

function row(job: Job, longestSeconds: number, nowSeconds: number): Html {
  const { createdAtSeconds: at, state, errorCode, foreignState } = job;
  const why = errorCode === undefined || errorCode === 'none' ? nothing : html`<small>${errorCode}</small>`;
  const own = foreignState === undefined ? nothing : html`<small>${foreignState}</small>`;
  return html`<tr><th scope="row">${at === undefined ? 'unknown' : html`${relativeTime(at, nowSeconds)}<small>${absoluteTime(at)}</small>`}</th><td>${marks([state])} ${STATE_WORDS[state]}${why}${own}</td><td>${lengthBar(job, longestSeconds, nowSeconds)}</td><td>${collectionsOf(job)}</td><td><small>${job.snapshotId || 'unknown'}</small><small>${job.exportBucketId || 'unknown'}</small></td></tr>
`;
}

function lengthBar(job: Job, longestSeconds: number, nowSeconds: number): Html {
  const seconds = lengthOf(job, nowSeconds);
  if (seconds === undefined) return html`<span class="no">not said</span>`;
  const width = Math.max(0.5, (100 * seconds) / longestSeconds);
  const so = activeStateOf(job) ? ' so far' : '';
  return html`${span(seconds)}${so}<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><path class="${job.state}" d="M0 5h${Math.round(width * 10) / 10}"/></svg>`;
}

function lengthOf(job: Job, nowSeconds: number): number | undefined {
  if (activeStateOf(job) === undefined || job.createdAtSeconds === undefined) return durationSeconds(job);
  return Math.max(0, nowSeconds - job.createdAtSeconds);
}

function collectionsOf(job: Job): Html {
  const { collections, shards } = job;
  if (shards > 0) return html`${counted(shards, 'shard')}`;
  if (collections === undefined) return html`<span class="no">not said</span>`;
  const ratio = progressRatio(job);
  const words = `${collections.exported} of ${collections.total}`;
  const isShort = ratio !== undefined && ratio < 1 && job.state === 'successful';
  return isShort ? html`<b class="doubt">${words}</b>` : html`${words}`;
}
