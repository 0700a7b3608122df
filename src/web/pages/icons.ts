/** Small drawings: each condition and each outcome of an export has a shape of its own, so that none is told by colour alone. */

import type { Condition } from '../../collectors/conditions.ts';
import type { JobState } from '../../collectors/exports/job.ts';
import { type Html, html, trusted } from './html.ts';

/** On a field of 16 by 16, drawn as lines. */
const DRAWINGS: Readonly<Record<Condition, string>> = {
  failed: 'M5 1.8h6L14.2 5v6L11 14.2H5L1.8 11V5zM5.8 5.8l4.4 4.4m0-4.4-4.4 4.4',
  overdue: 'M14.2 8A6.2 6.2 0 1 1 8 1.8 6.2 6.2 0 0 1 14.2 8zM8 4.4V8l2.6 1.8',
  stuck: 'M4 1.8h8M4 14.2h8M5 1.8v2.4L8 8l3-3.8V1.8M5 14.2v-2.4L8 8l3 3.8v2.4',
  unreachable:
    'M1.8 1.8l12.4 12.4M5 4.8A7.8 7.8 0 0 0 1.8 6.7M8.2 4A8.6 8.6 0 0 1 14.2 6.7M4.6 9.6A5 5 0 0 1 7 8.3M8 12.6h.01',
  incomplete: 'M14.2 8A6.2 6.2 0 1 1 8 1.8M8 1.8A6.2 6.2 0 0 1 12 3.3M13.4 5A6.2 6.2 0 0 1 14.2 8M8 5v3.6M8 11h.01',
  unmeasured:
    'M14.2 8A6.2 6.2 0 1 1 8 1.8 6.2 6.2 0 0 1 14.2 8zM6.2 6.3a1.8 1.8 0 1 1 2.6 1.6c-.6.3-.8.7-.8 1.3M8 11.4h.01',
  unread: 'M3.2 1.8h6.4l3.2 3.2v9.2H3.2zM6.4 6.8l3.2 3.2m0-3.2-3.2 3.2',
  waiting: 'M3.4 8h.01M8 8h.01M12.6 8h.01',
  running: 'M13.6 5.4A6.2 6.2 0 0 0 2.4 5.4M13.8 2.2v3.4h-3.4M2.4 10.6a6.2 6.2 0 0 0 11.2 0M2.2 13.8v-3.4h3.4',
  fine: 'M14.2 8A6.2 6.2 0 1 1 8 1.8 6.2 6.2 0 0 1 14.2 8zM5.2 8.2l2 2 3.6-4.2',
};

/** Once per page; the icons refer to it. */
export const iconSprite: Html = html`<svg hidden width="0" height="0" aria-hidden="true">${Object.entries(DRAWINGS).map(
  ([condition, path]) => html`<symbol id="i-${condition}" viewBox="0 0 16 16"><path d="${path}"/></symbol>`,
)}</svg>`;

/** Says nothing to a screen reader: there are words beside it. */
export function icon(condition: Condition): Html {
  return ICONS[condition];
}

const ICONS = Object.fromEntries(
  Object.keys(DRAWINGS).map((condition) => [
    condition,
    html`<svg class="i" aria-hidden="true"><use href="#i-${condition}"/></svg>`,
  ]),
) as Record<Condition, Html>;

/**
 * Marks of jobs, as pen strokes around the middle of a field 10 wide and 10 high, with the pen at that middle. Successes in a row
 * are one stroke, which the style sheet dots: a thousand rows of them would be long otherwise.
 */
const STROKES: Readonly<Record<Exclude<JobState, 'successful'>, string>> = {
  failed: 'm-3-3 6 6m0-6-6 6',
  cancelled: 'm-3 0h6',
  in_progress: 'm-3 0a3 3 0 1 0 6 0 3 3 0 1 0-6 0',
  queued: 'm-2.5-2.5h5v5h-5z',
  unknown: 'm0-3.5 3.5 3.5-3.5 3.5-3.5-3.5z',
};

export const STATE_WORDS: Readonly<Record<JobState, string>> = {
  successful: 'successful',
  failed: 'failed',
  cancelled: 'cancelled',
  in_progress: 'in progress',
  queued: 'queued',
  unknown: 'in an unknown state',
};

const STATES = Object.keys(STATE_WORDS) as JobState[];

/** Marks side by side, one path per kind of outcome; without a label where words beside them say it. */
export function marks(states: readonly JobState[], label?: string): Html {
  const strokes = new Map<JobState, string>();
  states.forEach((state, index) => {
    const x = index * 10 + 5;
    let stroke = '';
    if (state !== 'successful') stroke = `M${x} 5${STROKES[state]}`;
    else if (states[index - 1] !== state) stroke = `M${x} 5H${x + 10 * runLength(states, index) - 9}`;
    strokes.set(state, (strokes.get(state) ?? '') + stroke);
  });
  const paths = Array.from(strokes, ([state, d]) => `<path class="${state}" d="${d}"/>`);
  const role = label === undefined ? html`aria-hidden="true"` : html`role="img" aria-label="${label}"`;
  return html`<svg class="marks" width="${states.length * 10}" ${role}>${trusted(paths.join(''))}</svg>`;
}

function runLength(states: readonly JobState[], from: number): number {
  const next = states.findIndex((state, index) => index > from && state !== states[from]);
  return (next < 0 ? states.length : next) - from;
}

/** `12 successful, 1 failed`: those that there are. */
export function countsInWords(counts: Readonly<Partial<Record<JobState, number>>>): string {
  return STATES.filter((state) => counts[state])
    .map((state) => `${counts[state]} ${STATE_WORDS[state]}`)
    .join(', ');
}
