/**
 * The /metrics page. The text of a target is rendered when its state changes, not when the page is scraped, so a page
 * shows all states of one moment. A page is joined from these texts once for each change, format and encoding.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Registry } from 'prom-client';
import type { Family, TargetState } from '../collectors/collector.ts';
import type { Runtime } from '../support/runtime.ts';
import { type Format, headerOf, linesOf, OPENMETRICS_END, registryText } from './lines.ts';

export interface MetricsPage {
  /** Called with changed states and removed targets; later pages show the change. */
  update(put: readonly TargetState[], removed: readonly string[]): void;
  /** The program's own metrics have changed in a way that the next page must show. */
  invalidate(): void;
  render(format: Format, gzip: boolean): Promise<Buffer>;
}

export interface MetricsPageSettings {
  readonly families: readonly Family[];
  /** The program's own metrics. prom-client does not report changes, so a page is reused for a few seconds only. */
  readonly own: Registry;
  readonly runtime: Runtime;
  /** Called if a family throws, which is a bug. Absent: the error is rethrown. */
  onError?(error: unknown): void;
}

interface Rendered {
  /** When the page was begun, and with which version. Absent while it waits: it will show the newest states. */
  begun?: { readonly version: number; readonly atSeconds: number };
  readonly plain: Promise<Buffer>;
  packed?: Promise<Buffer>;
}

const OWN_METRICS_SECONDS = 5;
/** Number of texts that are joined before the event loop runs other work. */
const PIECES_PER_TURN = 20_000;
const gzipped = promisify(gzip);

export function createMetricsPage({ families, own, runtime, onError }: MetricsPageSettings): MetricsPage {
  const linesByTarget = new Map<string, readonly string[]>();
  const pages = new Map<Format, Rendered>();
  let version = 0;

  function update(put: readonly TargetState[], removed: readonly string[]): void {
    for (const key of removed) linesByTarget.delete(key);
    for (const state of put) {
      // If the data of one cluster triggers a bug, the other clusters must still be polled: this cluster keeps its
      // older lines.
      try {
        linesByTarget.set(state.target.key, linesOf(families, state));
      } catch (error) {
        if (onError === undefined) throw error;
        onError(error);
      }
    }
    version += 1;
  }

  async function join(format: Format): Promise<Buffer> {
    // Both texts show the same moment, because prom-client collects before the first await.
    const [targets, ownMetrics] = [[...linesByTarget.values()], own.metrics()];
    const ownText = registryText(await ownMetrics, format);
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

  function isCurrent({ begun }: Rendered): boolean {
    if (begun === undefined) return true;
    return begun.version === version && runtime.monotonicSeconds() - begun.atSeconds < OWN_METRICS_SECONDS;
  }

  /**
   * All requests before the next change get the same page. Only one page is rendered at a time: all requests that come meanwhile
   * wait for that page, then for one new page.
   */
  function current(format: Format): Rendered {
    const known = pages.get(format);
    if (known && isCurrent(known)) return known;
    function make(): Promise<Buffer> {
      page.begun = { version, atSeconds: runtime.monotonicSeconds() };
      return join(format);
    }
    const plain = Promise.resolve(known?.packed ?? known?.plain).then(make, make);
    const page: Rendered = { plain };
    pages.set(format, page);
    plain.catch(() => pages.get(format) === page && pages.delete(format));
    return page;
  }

  function render(format: Format, asGzip: boolean): Promise<Buffer> {
    const page = current(format);
    if (!asGzip) return page.plain;
    page.packed ??= page.plain.then((bytes) => gzipped(bytes));
    return page.packed;
  }

  return {
    update,
    invalidate() {
      version += 1;
    },
    render,
  };
}
