/**
 * What /metrics answers. Text is made when a target's state changes, not when it is scraped; a page is joined from text that
 * is ready, once per change and encoding. A page never shows half of a change: it is joined from the texts of one moment.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Registry } from 'prom-client';
import type { Family, TargetState } from '../collectors/collector.ts';
import type { Runtime } from '../runtime.ts';
import { type Format, headerOf, OPENMETRICS_END, registryText, renderTarget } from './text.ts';

export interface Exposition {
  /** Takes in changed states and forgets removed targets. Resolves when pages show it. */
  apply(put: readonly TargetState[], remove: readonly string[]): Promise<void>;
  page(format: Format, gzip: boolean): Promise<Buffer>;
}

export interface ExpositionSettings {
  readonly families: readonly Family[];
  /** The program's own metrics: they have no moment of change, so a page of them is good for a few seconds. */
  readonly own: Registry;
  readonly runtime: Runtime;
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
  const texts = new Map<string, readonly string[]>();
  const latest = new Map<string, TargetState>();
  const made = new Map<string, Made>();
  let version = 0;

  async function apply(put: readonly TargetState[], remove: readonly string[]): Promise<void> {
    for (const key of remove) {
      latest.delete(key);
      texts.delete(key);
    }
    if (remove.length > 0) version += 1;
    for (const state of put) latest.set(state.target.key, state);
    const rendered = await Promise.all(put.map((state) => renderTarget(families, state)));
    for (const [index, state] of put.entries()) {
      const lines = rendered[index];
      // A newer state may have come, or the target gone, while this one was rendered.
      if (lines && latest.get(state.target.key) === state) texts.set(state.target.key, lines);
    }
    version += 1;
  }

  async function join(format: Format): Promise<Buffer> {
    const targets = [...texts.values()];
    const ownText = registryText(await own.metrics(), format);
    const pieces: string[] = [];
    let turnEndsAt = PIECES_PER_TURN;
    for (const [index, family] of families.entries()) {
      const samples = targets.flatMap((lines) => lines[index] || []);
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

  return { apply, page };
}
