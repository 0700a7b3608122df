import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Counter, Gauge, type OpenMetricsContentType, Registry } from 'prom-client';
import type { Family, Sample, TargetState } from '../../../src/collectors/collector.ts';
import { type Format, headerOf, linesOf, registryText } from '../../../src/metrics/lines.ts';
import { newState, withRecord } from '../../support/states.ts';

const LABELS = ['state', 'reason'];
/** Any text, with the characters that need an escape more often than by chance. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('\\', '"', '\n', '\\n', 'a', 'é', '\u2028', '🙂', '{', '}', ',', '=', ' ') }),
);
const anyNumber = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true }),
  fc.constantFrom(0, -0, 1e21, -1e21, 2 ** 53, 1e-7, 0.1 + 0.2, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
);
const anyState = fc
  .record({ groupId: anyText, clusterName: anyText })
  .map(({ groupId, clusterName }) => newState(clusterName, { groupId }));

function anySamples(anyValue: fc.Arbitrary<number>): fc.Arbitrary<readonly Sample[]> {
  const sample = fc.record({ labels: fc.record({ state: anyText, reason: anyText }), value: anyValue });
  // A family gives each series once.
  return fc.uniqueArray(sample, { selector: ({ labels }) => JSON.stringify(labels), maxLength: 5 });
}

function familyOf(samples: readonly Sample[], changes: Partial<Family> = {}): Family {
  return { name: 'jobs', help: 'Export jobs.', type: 'gauge', labels: LABELS, samples: () => samples, ...changes };
}

/** The text of prom-client for the same family. */
async function promClientText(family: Family, state: TargetState, format: Format): Promise<string> {
  const { groupId: group_id, clusterName: cluster_name } = state.target;
  const registry = new Registry<OpenMetricsContentType>();
  if (format === 'openmetrics') registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  const registers = [registry];
  const { name, help } = family;
  const configuration = { name, help, labelNames: ['group_id', 'cluster_name', ...family.labels], registers };
  if (family.type === 'gauge') {
    const gauge = new Gauge(configuration);
    for (const { labels, value } of family.samples(state)) gauge.set({ group_id, cluster_name, ...labels }, value ?? 0);
  } else {
    const counter = new Counter(configuration);
    for (const { labels, value } of family.samples(state))
      counter.inc({ group_id, cluster_name, ...labels }, value ?? 0);
  }
  return registry.metrics();
}

describe('the text of a family', () => {
  test('is that of prom-client byte for byte: gauges with any labels and values', async () => {
    await fc.assert(
      fc.asyncProperty(anyState, anySamples(anyNumber), async (state, samples) => {
        const family = familyOf(samples);
        const text = headerOf(family, 'text') + linesOf([family], state).join('');
        expect(text).toBe(registryText(await promClientText(family, state, 'text'), 'text'));
      }),
    );
  });

  test.each<Format>(['text', 'openmetrics'])('is that of prom-client byte for byte: counters as %s', async (format) => {
    const anyCount = fc.oneof(fc.nat(), fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }));
    await fc.assert(
      fc.asyncProperty(anyState, anySamples(anyCount), async (state, samples) => {
        const family = familyOf(samples, { name: 'polls_total', type: 'counter' });
        const text = headerOf(family, format) + linesOf([family], state).join('');
        const theirs = await promClientText(family, state, format);
        expect(text).toBe(registryText(theirs.replace(/\n# EOF\n$/, ''), 'text'));
      }),
      { numRuns: 50 },
    );
  });

  test('has the labels of the target first, and one string for each family', () => {
    const families = [
      familyOf([{ value: 1.5 }]),
      familyOf([]),
      familyOf([
        { labels: { state: 'Queued' }, value: 2 },
        { labels: { state: 'a"b\\c\nd' }, value: -3 },
      ]),
    ];
    expect(linesOf(families, newState('shop', { groupId: 'g' }))).toEqual([
      'jobs{group_id="g",cluster_name="shop"} 1.5\n',
      '',
      'jobs{group_id="g",cluster_name="shop",state="Queued"} 2\n' +
        'jobs{group_id="g",cluster_name="shop",state="a\\"b\\\\c\\nd"} -3\n',
    ]);
  });

  test('is empty while a record that the family depends on is stale', () => {
    const volatile: Family['volatile'] = ({ polled }) => Object.values(polled);
    const families = [familyOf([{ value: 1 }]), familyOf([{ value: 1 }], { volatile })];
    const isShown = (state: TargetState) => linesOf(families, state).map((text) => text !== '');
    expect(isShown(newState())).toEqual([true, true]);
    expect(isShown(withRecord(newState(), 'exports', { stale: true }))).toEqual([true, false]);
  });
});

describe('the text of a registry', () => {
  const samples = 'a_total 1\n';
  const histogram = [
    '# HELP h H.',
    '# TYPE h histogram',
    'h_bucket{le="0.5"} 1',
    'h_bucket{le="1.0"} 1',
    'h_bucket{le="+Inf"} 1',
    '',
  ].join('\n');
  const given = `# HELP a_total A.\n# TYPE a_total counter\n${samples}\n${histogram.replace('1.0', '1')}\n`;

  test('has no empty lines, and floats as the bounds of histograms', () => {
    expect(registryText(given, 'text')).toBe(`# HELP a_total A.\n# TYPE a_total counter\n${samples}${histogram}`);
  });

  test('has the same samples in OpenMetrics, where the name of a counter’s family does not end in _total', () => {
    expect(registryText(given, 'openmetrics')).toBe(`# HELP a A.\n# TYPE a counter\n${samples}${histogram}`);
  });
});
