import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Gauge, Registry } from 'prom-client';
import type { Family, TargetState } from '../../../src/collectors/collector.ts';
import type { Format } from '../../../src/metrics/lines.ts';
import { createMetricsPage } from '../../../src/metrics/page.ts';
import { createFakeRuntime } from '../../support/fake-runtime.ts';
import { newState, withRecord } from '../../support/states.ts';

/** Families that each show the number of polls. */
function familiesOf(...names: readonly string[]): readonly Family[] {
  return names.map((name) => ({
    name,
    help: 'Polls.',
    type: name.endsWith('_total') ? 'counter' : 'gauge',
    labels: [],
    samples: ({ polled }) => [{ value: polled['exports']?.polls ?? 0 }],
  }));
}

function polled(clusterName: string, polls: number): TargetState {
  return withRecord(newState(clusterName, { groupId: 'g' }), 'exports', { polls });
}

/** A page whose own metric counts how often it was read. */
function setUp(families = familiesOf('x', 'y')) {
  const runtime = createFakeRuntime();
  const own = new Registry();
  let reads = 0;
  const broken = { isBroken: false };
  new Gauge({
    name: 'own',
    help: 'Own.',
    registers: [own],
    collect() {
      if (broken.isBroken) throw new Error('broken');
      reads += 1;
      this.set(reads);
    },
  });
  const page = createMetricsPage({ families, own, runtime });
  const read = async (format: Format = 'text') => (await page.render(format, false)).toString();
  const readGzip = async () => gunzipSync(await page.render('text', true)).toString();
  return { runtime, page, read, readGzip, broken, reads: () => reads };
}

/** `CLUSTER VALUE` of each sample of a family. */
function samplesOf(text: string, family: string): readonly string[] {
  const lines = text.matchAll(new RegExp(`^${family}{.*cluster_name="(.*)"} (.*)$`, 'gm'));
  return Array.from(lines, ([, cluster, value]) => `${cluster} ${value}`);
}

describe('a page', () => {
  test('has the samples of all targets below their family, then the program’s own metrics', async () => {
    const { page, read } = setUp(familiesOf('x_total', 'y'));
    page.update([polled('a', 1), polled('b', 2)], []);
    const samples = (name: string) =>
      `${name}{group_id="g",cluster_name="a"} 1\n${name}{group_id="g",cluster_name="b"} 2\n`;
    const rest = `# HELP y Polls.\n# TYPE y gauge\n${samples('y')}# HELP own Own.\n# TYPE own gauge\nown 1\n`;
    expect(await read('text')).toBe(`# HELP x_total Polls.\n# TYPE x_total counter\n${samples('x_total')}${rest}`);
    expect(await read('openmetrics')).toBe(`# HELP x Polls.\n# TYPE x counter\n${samples('x_total')}${rest}# EOF\n`);
  });

  test('has no lines of a family without samples', async () => {
    const { read } = setUp();
    expect(await read()).toBe('# HELP own Own.\n# TYPE own gauge\nown 1\n');
  });

  test('shows a change in the same step in which it is made', async () => {
    const { page, read } = setUp();
    page.update([polled('a', 1), polled('b', 1)], []);
    const before = read();
    expect(samplesOf(await before, 'x')).toEqual(['a 1', 'b 1']);
    page.update([polled('c', 3), polled('a', 2)], [polled('b', 1).target.key]);
    const after = read();
    page.update([polled('a', 9)], []);
    expect(samplesOf(await after, 'x').slice(1)).toEqual(['c 3']);
    expect(samplesOf(await read(), 'x')).toEqual(['a 9', 'c 3']);
  });

  test.each([
    ['a few targets', 1, 1],
    // 25,000 pieces of text take several turns.
    ['very many targets', 500, 50],
  ])('never shows half of a change, nor own metrics of another moment: %s', async (_what, targets, families) => {
    const own = new Registry();
    let moment = 0;
    new Gauge({
      name: 'own',
      help: 'Own.',
      registers: [own],
      collect() {
        this.set(moment);
      },
    });
    const names = Array.from({ length: families }, (_, index) => `x${index}`);
    const page = createMetricsPage({ families: familiesOf(...names), own, runtime: createFakeRuntime() });
    function update(): void {
      moment += 1;
      page.update(
        Array.from({ length: targets }, (_, index) => polled(`c${index}`, moment)),
        [],
      );
    }
    update();
    let isDone = false;
    const rendered = Promise.all([page.render('text', false), page.render('openmetrics', true)]).finally(() => {
      isDone = true;
    });
    // The states change at every step: first after each microtask, then in each turn of the event loop.
    for (let step = 0; !isDone; step += 1) {
      update();
      await (step < 20 ? undefined : new Promise((resolve) => setImmediate(resolve)));
    }
    const [plain, packed] = await rendered;
    for (const text of [plain.toString(), gunzipSync(packed).toString()]) {
      const values = new Set(Array.from(text.matchAll(/^(?:x\d+{.*}|own) (\d+)$/gm), ([, value]) => value));
      expect(values.size).toBe(1);
      expect(text.match(/^x\d+{/gm)).toHaveLength(targets * families);
    }
  });

  test('is the same plain and compressed', async () => {
    const { page, read, readGzip } = setUp();
    page.update([polled('a', 1)], []);
    expect(await readGzip()).toBe(await read());
    page.update([polled('a', 2)], []);
    expect(samplesOf(await readGzip(), 'x')).toEqual(['a 2']);
    expect(await readGzip()).toBe(await read());
  });

  test('is rendered once for each change, format and encoding; all show the own metrics of one moment', async () => {
    const { page, read, reads } = setUp();
    page.update([polled('a', 1)], []);
    const [first, ...others] = await Promise.all([1, 2, 3].map(() => page.render('text', false)));
    expect(others.every((bytes) => bytes === first)).toBe(true);
    expect(await page.render('text', true)).toBe(await page.render('text', true));
    await read('openmetrics');
    expect(reads()).toBe(1);
    page.update([polled('a', 2)], []);
    await read();
    expect(reads()).toBe(2);
  });

  test('is rendered again if the program’s own metrics are older than five seconds, compressed or not', async () => {
    const { runtime, read, readGzip, reads } = setUp();
    await read();
    await runtime.advance(4.9);
    expect(await readGzip()).toContain('own 1\n');
    await runtime.advance(0.2);
    expect(await readGzip()).toContain('own 2\n');
    expect(await read()).toContain('own 2\n');
    expect(reads()).toBe(2);
  });

  test('is rendered again if the program reports that its own metrics have changed', async () => {
    const { page, read } = setUp();
    await read();
    page.update();
    expect(await read()).toContain('own 2\n');
  });

  test('is rendered after an older one of the same format, never at the same time', async () => {
    const own = new Registry();
    let running = 0;
    let most = 0;
    new Gauge({
      name: 'own',
      help: 'Own.',
      registers: [own],
      async collect() {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
      },
    });
    const page = createMetricsPage({ families: familiesOf('x'), own, runtime: createFakeRuntime() });
    const pages = [1, 2, 3, 4].map((polls) => {
      page.update([polled('a', polls)], []);
      return page.render('text', polls % 2 === 0);
    });
    await Promise.all(pages);
    expect(most).toBe(1);
  });

  test('is rendered once for all requests that come while an older one is rendered, however often something changes', async () => {
    const { page, read, reads } = setUp();
    const older = read();
    await Promise.resolve();
    const texts = Array.from({ length: 40 }, (_, index) => {
      page.update([polled('a', index + 1)], []);
      return read();
    });
    expect(samplesOf(await older, 'x')).toEqual([]);
    expect(new Set((await Promise.all(texts)).map((text) => samplesOf(text, 'x').join()))).toEqual(new Set(['a 40']));
    expect(reads()).toBe(2);
  });

  test('that could not be rendered is rendered again for the next request', async () => {
    const { read, readGzip, broken } = setUp();
    broken.isBroken = true;
    await expect(read()).rejects.toThrow('broken');
    await expect(readGzip()).rejects.toThrow('broken');
    broken.isBroken = false;
    expect(await read()).toContain('own 1\n');
    expect(await readGzip()).toContain('own 1\n');
  });
});

describe('after any changes, with targets that come and go, a page', () => {
  const FAMILIES = familiesOf('x_total', 'y', 'z').map((family, index) => ({
    ...family,
    // The families change at different times, and the last one has samples of few targets.
    samples({ polled: records }: TargetState) {
      const polls = records['exports']?.polls ?? 0;
      return index === 2 && polls < 18 ? [] : [{ value: index === 1 ? Math.floor(polls / 7) : polls }];
    },
  }));
  const cluster = fc.integer({ min: 0, max: 199 });
  const change = fc.record({
    put: fc.array(fc.tuple(cluster, fc.integer({ min: 0, max: 20 })), { maxLength: 100 }),
    removed: fc.array(cluster, { maxLength: 60 }),
    format: fc.constantFrom<Format>('text', 'openmetrics'),
  });

  /** The lines below the header of each family, in the order of their text. */
  function familiesIn(text: string): readonly (readonly string[])[] {
    return text.split(/^(?=# (?:HELP|EOF))/m).map((part) => {
      const [help = '', type = '', ...samples] = part.split('\n');
      return [help, type, ...samples.sort()];
    });
  }

  test('has the lines that a page made at once has, plain and compressed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 8 }), async (changes) => {
        const page = createMetricsPage({ families: FAMILIES, own: new Registry(), runtime: createFakeRuntime() });
        const states = new Map<string, TargetState>();
        for (const { put, removed, format } of changes) {
          const changed = put.map(([index, polls]) => polled(`c${index}`, polls));
          const keys = removed.map((index) => polled(`c${index}`, 0).target.key);
          for (const key of keys) states.delete(key);
          for (const state of changed) states.set(state.target.key, state);
          page.update(changed, keys);
          const whole = createMetricsPage({ families: FAMILIES, own: new Registry(), runtime: createFakeRuntime() });
          whole.update([...states.values()], []);
          const packed = gunzipSync(await page.render(format, true)).toString();
          expect(familiesIn(packed)).toEqual(familiesIn((await whole.render(format, false)).toString()));
          expect((await page.render(format, false)).toString()).toBe(packed);
        }
      }),
      { numRuns: 40 },
    );
  });
});

test('a family that throws for one target leaves the other targets and the older lines of this one', async () => {
  const errors: unknown[] = [];
  const bad = { ...familiesOf('x')[0], samples: (state: TargetState) => samplesOrThrow(state) } as Family;
  const page = createMetricsPage({
    families: [bad],
    own: new Registry(),
    runtime: createFakeRuntime(),
    onError: (error) => errors.push(error),
  });
  page.update([newState('one'), newState('two')], []);
  page.update([newState('one', { paused: true }), newState('two')], []);
  const text = (await page.render('text', false)).toString();
  expect(text.match(/cluster_name="\w+"/g)).toEqual(['cluster_name="one"', 'cluster_name="two"']);
  expect(errors).toHaveLength(1);
});

function samplesOrThrow({ target }: TargetState) {
  if (target.paused) throw new Error('a bug');
  return [{ value: 1 }];
}
