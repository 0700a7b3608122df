/** Drawings as SVG. Each condition and each state has its own shape, for readers who don't see colours. */
import type { Condition } from '../../collectors/conditions.ts';
import { activeStateOf, durationSeconds, type Job, type JobState } from '../../collectors/exports/job.ts';
import { counted, span } from '../../support/words.ts';
import { absoluteTime, type Html, html, nothing, trusted } from './html.ts';

/** Lines in a field of 16 by 16. */
const ICONS: Readonly<Record<Condition, string>> = {
  failed: 'M5 1.8h6L14.2 5v6L11 14.2H5L1.8 11V5zM5.8 5.8l4.4 4.4m0-4.4-4.4 4.4',
  overdue: 'M14.2 8A6.2 6.2 0 1 1 8 1.8 6.2 6.2 0 0 1 14.2 8zM8 4.4V8l2.6 1.8',
  stuck: 'M4 1.8h8M4 14.2h8M5 1.8v2.4L8 8l3-3.8V1.8M5 14.2v-2.4L8 8l3 3.8v2.4',
  unreachable:
    'M1.8 1.8l12.4 12.4M5 4.8A7.8 7.8 0 0 0 1.8 6.7M8.2 4A8.6 8.6 0 0 1 14.2 6.7M4.6 9.6A5 5 0 0 1 7 8.3M8 12.6h.01',
  late: 'M14.2 8A6.2 6.2 0 1 1 8 1.8M8 4.4V8l2.6 1.8M11.2 1.8h3v3',
  incomplete: 'M14.2 8A6.2 6.2 0 1 1 8 1.8M8 1.8A6.2 6.2 0 0 1 12 3.3M13.4 5A6.2 6.2 0 0 1 14.2 8M8 5v3.6M8 11h.01',
  data_old: 'M3 2h10M3 14h10M4.6 2c0 4 6.8 8 6.8 12M11.4 2c0 4-6.8 8-6.8 12',
  no_policy_item: 'M2 3.4h12v10.8H2zM2 6.6h12M5 1.8v3M11 1.8v3M6 9l4 3.4m0-3.4-4 3.4',
  missed: 'M14.2 8A6.2 6.2 0 1 1 8 1.8 6.2 6.2 0 0 1 14.2 8zM6.4 5.2v5.6L11 8zM3.6 3.6l8.8 8.8',
  not_started: 'M5 2.6v10.8l8-5.4zM2.4 2.4l11.2 11.2',
  snapshots_late: 'M2.4 5h2.8l1.4-2h2.8l1.4 2h2.8v8.6H2.4zM8 7v2.6l1.6 1.2',
  unconfirmed: 'M2.4 4.4 4 14.2h8l1.6-9.8zM2.4 4.4c0-2 11.2-2 11.2 0M8 7.4v2.6M8 12h.01',
  unknown_state: 'M8 1.4 14.6 8 8 14.6 1.4 8zM8 5v3.4M8 11h.01',
  unmeasured:
    'M14.2 8A6.2 6.2 0 1 1 8 1.8 6.2 6.2 0 0 1 14.2 8zM6.2 6.3a1.8 1.8 0 1 1 2.6 1.6c-.6.3-.8.7-.8 1.3M8 11.4h.01',
  unread: 'M3.2 1.8h6.4l3.2 3.2v9.2H3.2zM6.4 6.8l3.2 3.2m0-3.2-3.2 3.2',
  waiting: 'M3.4 8h.01M8 8h.01M12.6 8h.01',
  running: 'M13.6 5.4A6.2 6.2 0 0 0 2.4 5.4M13.8 2.2v3.4h-3.4M2.4 10.6a6.2 6.2 0 0 0 11.2 0M2.2 13.8v-3.4h3.4',
  fine: 'M14.2 8A6.2 6.2 0 1 1 8 1.8 6.2 6.2 0 0 1 14.2 8zM5.2 8.2l2 2 3.6-4.2',
};

export const iconSprite: Html = html`<svg hidden width="0" height="0" aria-hidden="true">${Object.entries(ICONS).map(
  ([condition, path]) => html`<symbol id="i-${condition}" viewBox="0 0 16 16"><path d="${path}"/></symbol>`,
)}</svg>`;

/** Hidden from screen readers, because the text next to it says the same. */
export function icon(condition: Condition): Html {
  return html`<svg class="i" aria-hidden="true"><use href="#i-${condition}"/></svg>`;
}

/** Words, and pen strokes from the middle of a field of 10 by 10. A success is a dot. */
const DRAWN: Readonly<Record<JobState, readonly [words: string, strokes: string]>> = {
  successful: ['successful', 'h0'],
  failed: ['failed', 'm-3-3 6 6m0-6-6 6'],
  cancelled: ['cancelled', 'm-3 0h6'],
  in_progress: ['in progress', 'm-3 0a3 3 0 1 0 6 0 3 3 0 1 0-6 0'],
  queued: ['queued', 'm-2.5-2.5h5v5h-5z'],
  unknown: ['in an unknown state', 'm0-3.5 3.5 3.5-3.5 3.5-3.5-3.5z'],
};

export const STATES = Object.keys(DRAWN) as readonly JobState[];

export function wordsOf(state: JobState): string {
  return DRAWN[state][0];
}

/** One mark for each state. Hidden from screen readers: the text beside says what is important. */
export function marks(states: readonly JobState[]): Html {
  const paths = STATES.filter((state) => states.includes(state)).map((state) => {
    const strokes = states.map((one, index) => (one === state ? `M${index * 10 + 5} 5${DRAWN[state][1]}` : ''));
    return html`<path class="${state}" d="${strokes.join('')}"/>`;
  });
  return html`<svg class="marks" width="${states.length * 10}" aria-hidden="true">${paths}</svg>`;
}

/** `12 successful, 1 failed`, without the states that do not occur. */
export function countsInWords(counts: Readonly<Partial<Record<JobState, number>>>): string {
  return STATES.filter((state) => counts[state])
    .map((state) => `${counts[state]} ${wordsOf(state)}`)
    .join(', ');
}

/** Where the age bar shows the limit, in percent of its width. */
const LIMIT_AT = 75;

/** @param isOverdue whether an age over the limit is shown as urgent */
export function ageBar(ageSeconds: number | undefined, maxSeconds: number | undefined, isOverdue: boolean): Html {
  if (ageSeconds === undefined || maxSeconds === undefined) return nothing;
  const width = Math.min(100, Math.max(1, Math.round((LIMIT_AT * ageSeconds) / maxSeconds)));
  const tone = isOverdue ? ' over' : ' late';
  return html`<svg class="age${ageSeconds > maxSeconds ? tone : ''}" aria-hidden="true"><rect width="${width}%"/><rect x="${LIMIT_AT}%"/></svg>`;
}

/** The time from creation to the end, or to now while the job is active; undefined if Atlas does not say. */
export function spentSeconds(job: Job, nowSeconds: number): number | undefined {
  if (activeStateOf(job) === undefined || job.createdAtSeconds === undefined) return durationSeconds(job);
  return Math.max(0, nowSeconds - job.createdAtSeconds);
}

const WIDTH = 1000;
const ROW_HEIGHT = 14;
const MAX_ROWS = 6;
/** Minimum width of a bar. Without it, an export of 15 minutes would be invisible in a month. */
const MIN_LENGTH = 4;

/** A bar for each export, the oldest first, from creation to end; overlapping ones below each other. */
export function timeAxis(jobs: readonly Job[], nowSeconds: number): Html {
  const first = jobs.find((job) => job.createdAtSeconds !== undefined)?.createdAtSeconds;
  if (first === undefined) return nothing;
  const wholeSeconds = Math.max(1, nowSeconds - first);
  const x = (atSeconds: number): number => {
    const share = Math.min(1, Math.max(0, (atSeconds - first) / wholeSeconds));
    return Math.round(MIN_LENGTH + (WIDTH - 2 * MIN_LENGTH) * share);
  };
  const rowEnds: number[] = [];
  const bars = jobs.flatMap((job) => {
    if (job.createdAtSeconds === undefined) return [];
    const from = x(job.createdAtSeconds);
    const end = job.createdAtSeconds + (spentSeconds(job, nowSeconds) ?? 0);
    const to = Math.max(x(end), from + MIN_LENGTH);
    const free = rowEnds.findIndex((rowEnd) => rowEnd < from);
    const row = free >= 0 ? free : Math.min(rowEnds.length, MAX_ROWS - 1);
    rowEnds[row] = to;
    return [`<path class="${job.state}" d="${axisBar(job.state, from, to, (row + 0.5) * ROW_HEIGHT)}"/>`];
  });
  const height = Math.max(1, rowEnds.length) * ROW_HEIGHT;
  return html`<svg class="axis" viewBox="0 0 ${WIDTH} ${height}" height="${height + 18}" preserveAspectRatio="none" role="img" aria-label="${counted(bars.length, 'export')} from ${span(wholeSeconds)} ago until now; the table below lists them">${trusted(bars.join(''))}</svg>
<div class="days"><span>${absoluteTime(first)}</span><span>now</span></div>`;
}

/** A success is a line that the style sheet makes thick. A failure ends in a cross. An active export has an open end. */
function axisBar(state: JobState, from: number, to: number, y: number): string {
  if (state === 'successful') return `M${from} ${y}H${to}`;
  if (state === 'failed') return `M${from} ${y}H${to}M${to - 4} ${y - 5}l8 10m0-10-8 10`;
  if (state === 'cancelled') return `M${from} ${y}H${to}m0-4v8`;
  return `M${to} ${y - 4}H${from}v8H${to}`;
}
