/**
 * What /metrics answers. Text is made when a target's state changes, not when it is scraped; a page is joined from text that
 * is ready, once per change and encoding. A page never shows half of a change: changes are rendered side by side and shown one
 * after the other, each in one synchronous step, and a page is joined from the texts of one moment.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Registry } from 'prom-client';
import type { Family, TargetState } from '../collectors/collector.ts';
import type { Runtime } from '../support/runtime.ts';
import { type Format, headerOf, OPENMETRICS_END, registryText, renderTarget } from './text.ts';

export interface Exposition {
  /**
   * Takes in changed states and forgets removed targets. Resolves when pages show it.
   * @param alongside what changes of the program's own metrics in the same step
   */
  apply(put: readonly TargetState[], remove: readonly string[], alongside?: () => void): Promise<void>;
  /** The states that pages show, which may be a moment behind. */
  shown(): Iterable<TargetState>;
  page(format: Format, gzip: boolean): Promise<Buffer>;
}

export interface ExpositionSettings {
  readonly families: readonly Family[];
  /** The program's own metrics: they have no moment of change, so a page of them is good for a few seconds. */
  readonly own: Registry;
  readonly runtime: Runtime;
}

interface Shown {
  readonly state: TargetState;
  readonly lines: readonly string[];
}

interface Made {
  readonly version: number;
  readonly atSeconds: number;
  readonly bytes: Promise<Buffer>;
}

const OWN_METRICS_SECONDS = 5;
/** How many pieces of text are joined before others get their turn. */
const PIECES_PER_TURN = 20_000;
const gzipped = promisify(gzip);

export function createExposition({ families, own, runtime }: ExpositionSettings): Exposition {
  const shown = new Map<string, Shown>();
  const made = new Map<string, Made>();
  let version = 0;
  let lastChange: Promise<unknown> = Promise.resolve();

  function apply(put: readonly TargetState[], remove: readonly string[], alongside?: () => void): Promise<void> {
    const rendering = Promise.allSettled(put.map((state) => renderTarget(families, state)));
    // In the order of their coming, whichever is rendered first: what is shown is always what once was, whole.
    const change = Promise.all([rendering, lastChange]).then(([rendered]) => {
      for (const key of remove) shown.delete(key);
      for (const [index, state] of put.entries()) {
        const result = rendered[index];
        if (result?.status === 'fulfilled') shown.set(state.target.key, { state, lines: result.value });
      }
      alongside?.();
      version += 1;
      const failed = rendered.find((result) => result.status === 'rejected');
      if (failed) throw failed.reason;
    });
    lastChange = change.catch(() => undefined);
    return change;
  }

  async function join(format: Format): Promise<Buffer> {
    // Both of one moment: what is collected is so before anything is waited for.
    const [targets, owns] = [[...shown.values()], own.metrics()];
    const ownText = registryText(await owns, format);
    const pieces: string[] = [];
    let turnEndsAt = PIECES_PER_TURN;
    for (const [index, family] of families.entries()) {
      const samples = targets.flatMap(({ lines }) => lines[index] || []);
      if (samples.length > 0) pieces.push(headerOf(family, format), ...samples);
      if (pieces.length < turnEndsAt) continue;
      turnEndsAt += PIECES_PER_TURN;
      await nextTurn();
    }
    pieces.push(ownText);
    if (format === 'openmetrics') pieces.push(OPENMETRICS_END);
    return Buffer.from(pieces.join(''), 'utf8');
  }

  /** The same bytes for everyone who asks before something changes. */
  function cached(key: string, make: () => Promise<Buffer>): Promise<Buffer> {
    const known = made.get(key);
    const now = runtime.monotonicSeconds();
    if (known && known.version === version && now - known.atSeconds < OWN_METRICS_SECONDS) return known.bytes;
    // One making at a time: who comes while an older one is made waits for it, then for the new one.
    const bytes = Promise.resolve(known?.bytes).then(make, make);
    const mine: Made = { version, atSeconds: now, bytes };
    made.set(key, mine);
    bytes.catch(() => made.get(key) === mine && made.delete(key));
    return bytes;
  }

  function page(format: Format, asGzip: boolean): Promise<Buffer> {
    const plain = (): Promise<Buffer> => cached(format, () => join(format));
    return asGzip ? cached(`${format} gzip`, async () => gzipped(await plain())) : plain();
  }

  function* states(): Iterable<TargetState> {
    for (const { state } of shown.values()) yield state;
  }

  return { apply, shown: states, page };
}
