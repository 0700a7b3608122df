import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { Gauge, Registry } from 'prom-client';
import type { Family, TargetState } from '../../../src/collectors/collector.ts';
import { createExposition } from '../../../src/metrics/exposition.ts';
import { createFakeRuntime } from '../../support/fake-runtime.ts';
import { polledState, target } from '../../support/states.ts';

const families: readonly Family[] = ['x', 'y'].map((name) => ({
  name,
  help: `The polls, as ${name}.`,
  type: 'gauge',
  labels: [],
  samples: ({ exports }: TargetState) => [{ value: exports.polls }],
}));

function setUp() {
  const runtime = createFakeRuntime();
  const own = new Registry();
  let renderings = 0;
  new Gauge({
    name: 'own',
    help: 'Own.',
    registers: [own],
    collect() {
      renderings += 1;
      this.set(renderings);
    },
  });
  const exposition = createExposition({ families, own, runtime });
  const page = async (format: 'text' | 'openmetrics' = 'text') => (await exposition.page(format, false)).toString();
  return { exposition, page, runtime, renderings: () => renderings };
}

function state(clusterName: string, polls: number): TargetState {
  const known = polledState([], {}, clusterName);
  return { ...known, exports: { ...known.exports, polls } };
}

const short = (text: string) =>
  text
    .split('\n')
    .filter((line) => /^[xy]{/.test(line))
    .map((line) => line.replace(/group_id="\w*",/, ''));

describe('a page', () => {
  test('groups the samples of all targets under their family, then the program’s own', async () => {
    const { exposition, page } = setUp();
    await exposition.apply([state('a', 1), state('b', 2)], []);
    expect((await page()).replaceAll(/group_id="\w*",/g, '')).toBe(
      '# HELP x The polls, as x.\n# TYPE x gauge\nx{cluster_name="a"} 1\nx{cluster_name="b"} 2\n' +
        '# HELP y The polls, as y.\n# TYPE y gauge\ny{cluster_name="a"} 1\ny{cluster_name="b"} 2\n' +
        '# HELP own Own.\n# TYPE own gauge\nown 1\n',
    );
  });

  test('is there before any target is', async () => {
    const { page } = setUp();
    expect(await page()).toBe('# HELP own Own.\n# TYPE own gauge\nown 1\n');
    expect((await page('openmetrics')).endsWith('\n# EOF\n')).toBe(true);
  });

  test('is made once per change and encoding', async () => {
    const { exposition, page, renderings } = setUp();
    await exposition.apply([state('a', 1)], []);
    await Promise.all([page(), page(), page()]);
    expect(renderings()).toBe(1);
    const bytes = await exposition.page('text', true);
    expect(await exposition.page('text', true)).toBe(bytes);
    expect(gunzipSync(bytes).toString()).toBe(await page());
    expect(renderings()).toBe(1);
    await exposition.apply([state('a', 2)], []);
    expect(short(await page())[0]).toBe('x{cluster_name="a"} 2');
    expect(renderings()).toBe(2);
  });

  test('is made again after five seconds, for the program’s own metrics', async () => {
    const { page, runtime, renderings } = setUp();
    await page();
    await runtime.advance(4.9);
    await page();
    expect(renderings()).toBe(1);
    await runtime.advance(0.2);
    await page();
    expect(renderings()).toBe(2);
  });

  test('never mixes two polls', async () => {
    const { exposition, page } = setUp();
    await exposition.apply([state('a', 0)], []);
    for (let polls = 1; polls < 50; polls += 1) {
      const applied = exposition.apply([state('a', polls)], []);
      const [x, y] = short(await page()).map((line) => line.split(' ')[1]);
      expect(x).toBe(y);
      await applied;
    }
  });

  test('shows the newest state, whichever was rendered first', async () => {
    const { exposition, page } = setUp();
    await Promise.all([1, 2, 3].map((polls) => exposition.apply([state('a', polls)], [])));
    expect(short(await page())[0]).toBe('x{cluster_name="a"} 3');
  });

  test('forgets a removed target at once, also one that is being rendered', async () => {
    const { exposition, page } = setUp();
    await exposition.apply([state('a', 1)], []);
    await page();
    const late = exposition.apply([state('a', 2)], []);
    await exposition.apply([], [target('a').key]);
    expect(short(await page())).toEqual([]);
    await late;
    expect(short(await page())).toEqual([]);
  });

  test('during a replacement is wholly of before or wholly of after it, the program’s own metrics too', async () => {
    const own = new Registry();
    let inForce = 'a';
    const exposition = createExposition({ families, own, runtime: createFakeRuntime() });
    new Gauge({
      name: 'own',
      help: 'Own.',
      labelNames: ['config', 'targets'],
      registers: [own],
      collect() {
        this.reset();
        const targets = [...exposition.shown()].map(({ target: { clusterName } }) => clusterName.slice(0, 1));
        this.set({ config: inForce, targets: targets.join('') }, 1);
      },
    });
    const statesOf = (name: string) => [1, 2, 3].map((number) => state(`${name}${number}`, number));
    const keysOf = (name: string) => statesOf(name).map(({ target: { key } }) => key);
    await exposition.apply(statesOf('a'), []);
    for (const [before, after] of [
      ['a', 'b'],
      ['b', 'a'],
      ['a', 'b'],
    ] as const) {
      const applied = exposition.apply(statesOf(after), keysOf(before), () => (inForce = after));
      // Asked for at every turn while it is rendered, in a format that is not ready yet.
      const pages = await Promise.all([exposition.page('text', false), exposition.page('openmetrics', false)]);
      await applied;
      pages.push(await exposition.page('text', false));
      const seen = pages.map((bytes) => {
        const text = bytes.toString();
        const [, config = '', targets] = /^own{config="(.)",targets="(.*)"}/m.exec(text) ?? [];
        const names = short(text).map((line) => /cluster_name="(.)/.exec(line)?.[1]);
        expect(names).toEqual(Array.from({ length: 6 }, () => config));
        expect(targets).toBe(config.repeat(3));
        return config;
      });
      expect(seen.at(-1)).toBe(after);
    }
  });

  test('shows changes in the order in which they came, whichever is rendered first', async () => {
    const { exposition, page } = setUp();
    await exposition.apply([state('a', 1)], []);
    const many = Array.from({ length: 50 }, (_, index) => state(`b${index}`, 1));
    const replaced = exposition.apply(many, [target('a').key]);
    // Nothing to render: it would be ready first.
    let seen: readonly string[] = [];
    await exposition.apply([], [target('b0').key], () => {
      seen = [...exposition.shown()].map(({ target: { clusterName } }) => clusterName);
    });
    expect(seen).toEqual(many.slice(1).map(({ target: { clusterName } }) => clusterName));
    expect(short(await page())).toHaveLength(98);
    await replaced;
  });

  test('goes on where a target could not be rendered, which is told', async () => {
    const broken: Family = {
      name: 'z',
      help: 'Z.',
      type: 'gauge',
      labels: [],
      samples({ target: { clusterName } }) {
        if (clusterName === 'bad') throw new Error('no samples');
        return [{ value: 1 }];
      },
    };
    const exposition = createExposition({ families: [broken], own: new Registry(), runtime: createFakeRuntime() });
    await exposition.apply([state('old', 1)], []);
    await expect(exposition.apply([state('bad', 1), state('good', 1)], [target('old').key])).rejects.toThrow(
      'no samples',
    );
    const names = [...exposition.shown()].map(({ target: { clusterName } }) => clusterName);
    expect(names).toEqual(['good']);
  });

  test('of many targets is joined in turns and complete', async () => {
    // A page of 25,000 pieces, as a fleet's: one per family and target.
    const many = Array.from({ length: 250 }, (_, index): Family => ({ ...(families[0] as Family), name: `x${index}` }));
    const exposition = createExposition({ families: many, own: new Registry(), runtime: createFakeRuntime() });
    await exposition.apply(
      Array.from({ length: 100 }, (_, index) => state(`c${index}`, index)),
      [],
    );
    let turns = 0;
    let counting = setImmediate(function count() {
      turns += 1;
      counting = setImmediate(count);
    });
    const text = (await exposition.page('text', false)).toString();
    clearImmediate(counting);
    expect(text.match(/^x\d+{/gm)).toHaveLength(25_000);
    expect(turns).toBeGreaterThan(0);
  });

  test('that could not be made is made again when it is asked for next', async () => {
    const own = new Registry();
    let broken = true;
    new Gauge({
      name: 'own',
      help: 'Own.',
      registers: [own],
      collect() {
        if (broken) throw new Error('broken');
      },
    });
    const exposition = createExposition({ families, own, runtime: createFakeRuntime() });
    await expect(exposition.page('text', false)).rejects.toThrow('broken');
    broken = false;
    await expect(exposition.page('text', false)).resolves.toBeInstanceOf(Buffer);
  });
});
