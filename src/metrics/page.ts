/**
 * The /metrics page. The text of a target is rendered when its state changes, not when the page is scraped, so a page
 * shows all states of one moment. A page is put together from pieces: the lines of one family for up to 64 targets. Most
 * polls change few families, so a new page needs few new pieces.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Registry } from 'prom-client';
import type { Family, TargetState } from '../collectors/collector.ts';
import type { Runtime } from '../support/runtime.ts';
import { joinGzip, joinPlain, type Piece } from './gzip.ts';
import { type Format, headerOf, linesOf, OPENMETRICS_END, registryText } from './lines.ts';

interface MetricsPageSettings {
  readonly families: readonly Family[];
  /** The program's own metrics. prom-client does not report changes, so a page is reused for a few seconds only. */
  readonly own: Registry;
  readonly runtime: Runtime;
  /** Called if a family throws, which is a bug. If absent, the error is thrown again. */
  onError?(error: unknown): void;
}

interface Block {
  /** By target; for each family its lines. */
  readonly lines: Map<string, readonly string[]>;
  /** By family; undefined where a line has changed since the last page. */
  readonly pieces: (Piece | undefined)[];
}

/** The states of one moment, and their pages. */
interface Moment {
  /** Its time and version. Absent while it waits: then it will show the newest states. */
  begun?: { readonly version: number; readonly atSeconds: number };
  readonly pieces: Promise<Readonly<Record<Format, readonly Piece[]>>>;
  readonly pages: Map<string, Promise<Buffer>>;
}

const OWN_METRICS_SECONDS = 5;
const TARGETS_PER_BLOCK = 64;

export function createMetricsPage({ families, own, runtime, onError }: MetricsPageSettings) {
  const blocks: Block[] = [];
  const headersIn = (format: Format) => families.map((family): Piece => ({ texts: [headerOf(family, format)] }));
  const headers = { text: headersIn('text'), openmetrics: headersIn('openmetrics') };
  let latest: Moment | undefined;
  let version = 0;

  const blockOf = (key: string): Block | undefined => blocks.find(({ lines }) => lines.has(key));

  function put(key: string, lines: readonly string[]): void {
    let block = blockOf(key) ?? blocks.find((one) => one.lines.size < TARGETS_PER_BLOCK);
    if (block === undefined) {
      block = { lines: new Map(), pieces: [] };
      blocks.push(block);
    }
    const before = block.lines.get(key) ?? [];
    let hasChanged = before.length === 0;
    for (const [index, text] of lines.entries()) {
      if (text === (before[index] ?? '')) continue;
      block.pieces[index] = undefined;
      hasChanged = true;
    }
    // The same text is not replaced: new strings that are dropped at once cost the garbage collection nearly nothing.
    if (hasChanged) block.lines.set(key, lines);
  }

  /**
   * Called with changed states and removed targets; later pages show the change. Without arguments: the program's own metrics have
   * changed in a way that the next page must show.
   */
  function update(changed: readonly TargetState[] = [], removed: readonly string[] = []): void {
    for (const key of removed) {
      const block = blockOf(key);
      block?.lines.delete(key);
      block?.pieces.fill(undefined);
    }
    for (const state of changed) {
      // If the data of one cluster triggers a bug, the others must still be polled: this one keeps its older lines.
      try {
        put(state.target.key, linesOf(families, state));
      } catch (error) {
        if (onError === undefined) throw error;
        onError(error);
      }
    }
    version += 1;
  }

  /** The pieces of a family that have lines. */
  function piecesOf(family: number): readonly Piece[] {
    return blocks
      .map(({ lines, pieces }) => {
        pieces[family] ??= { texts: Array.from(lines.values(), (texts) => texts[family] ?? '') };
        return pieces[family];
      })
      .filter(({ texts }) => texts.some((text) => text !== ''));
  }

  async function pieces(): Promise<Record<Format, readonly Piece[]>> {
    // Both show the same moment, because prom-client collects before the first await.
    const [samples, ownMetrics] = [families.map((_, index) => piecesOf(index)), own.metrics()];
    const ownText = await ownMetrics;
    // Reading all metrics takes some milliseconds. Other work runs before the compression.
    await nextTurn();
    const inFormat = (format: Format): Piece[] =>
      samples
        .flatMap((ofFamily, index) => (ofFamily.length > 0 ? [headers[format][index] ?? [], ofFamily].flat() : []))
        .concat({ texts: [registryText(ownText, format)] });
    return { text: inFormat('text'), openmetrics: [...inFormat('openmetrics'), { texts: [OPENMETRICS_END] }] };
  }

  function isCurrent({ begun }: Moment): boolean {
    if (begun === undefined) return true;
    return begun.version === version && runtime.monotonicSeconds() - begun.atSeconds < OWN_METRICS_SECONDS;
  }

  /**
   * All requests before the next change get pages of the same moment. All requests that come while pages are rendered wait
   * for these pages, then for one new moment.
   */
  function current(): Moment {
    if (latest && isCurrent(latest)) return latest;
    function begin(): ReturnType<typeof pieces> {
      moment.begun = { version, atSeconds: runtime.monotonicSeconds() };
      return pieces();
    }
    const before = latest ? [...latest.pages.values()] : [];
    const moment: Moment = { pieces: Promise.allSettled(before).then(begin), pages: new Map() };
    latest = moment;
    return moment;
  }

  function render(format: Format, gzip: boolean): Promise<Buffer> {
    const moment = current();
    const key = `${format} ${gzip}`;
    const known = moment.pages.get(key);
    if (known) return known;
    const page = moment.pieces.then((all) => (gzip ? joinGzip : joinPlain)(all[format]));
    moment.pages.set(key, page);
    page.catch(() => {
      if (latest === moment) latest = undefined;
    });
    return page;
  }

  return { update, render };
}
