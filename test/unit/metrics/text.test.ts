import { describe, expect, test } from '@jest/globals';
import type { Family } from '../../../src/collectors/collector.ts';
import { headerOf, registryText, renderTarget } from '../../../src/metrics/text.ts';
import { GROUP_ID, polledState } from '../../support/states.ts';

const counter: Family = {
  name: 'a_total',
  help: 'Counted.',
  type: 'counter',
  labels: ['reason'],
  samples: () => [{ labels: { reason: 'x' }, value: 2 }],
};
const gauge: Family = { name: 'b', help: 'Measured.', type: 'gauge', labels: [], samples: () => [{ value: 1.5 }] };
const silent: Family = { ...gauge, name: 'c', samples: () => [] };

describe('text of a target', () => {
  test('has one string per family, target labels first', async () => {
    const labels = `group_id="${GROUP_ID}",cluster_name="Cluster0"`;
    expect(await renderTarget([counter, silent, gauge], polledState([]))).toEqual([
      `a_total{${labels},reason="x"} 2\n`,
      '',
      `b{${labels}} 1.5\n`,
    ]);
  });

  test('escapes what a label must not hold as it is', async () => {
    const hostile: Family = { ...gauge, labels: ['x'], samples: () => [{ labels: { x: 'a"b\\c\nd' }, value: 1 }] };
    const [text] = await renderTarget([hostile], polledState([]));
    expect(text).toContain('x="a\\"b\\\\c\\nd"');
    expect(text?.trimEnd().split('\n')).toHaveLength(1);
  });

  test('of a family with the same labels twice keeps the last, so that no series comes twice', async () => {
    const twice: Family = { ...gauge, samples: () => [{ value: 1 }, { value: 2 }] };
    expect((await renderTarget([twice], polledState([])))[0]?.trimEnd().split('\n')).toHaveLength(1);
  });
});

describe('the lines above the samples', () => {
  test('name a counter without _total in OpenMetrics only', () => {
    expect(headerOf(counter, 'text')).toBe('# HELP a_total Counted.\n# TYPE a_total counter\n');
    expect(headerOf(counter, 'openmetrics')).toBe('# HELP a Counted.\n# TYPE a counter\n');
    expect(headerOf(gauge, 'openmetrics')).toBe(headerOf(gauge, 'text'));
  });
});

describe('the text of a registry', () => {
  const text =
    '# HELP a_total A.\n# TYPE a_total counter\na_total 1\n\n# HELP h H.\n# TYPE h histogram\nh_bucket{le="0.5"} 1\nh_bucket{le="1"} 1\nh_bucket{le="+Inf"} 1\n\n';

  test('loses its blank lines, and its bounds become floats', () => {
    expect(registryText(text, 'text')).toBe(
      '# HELP a_total A.\n# TYPE a_total counter\na_total 1\n# HELP h H.\n# TYPE h histogram\nh_bucket{le="0.5"} 1\nh_bucket{le="1.0"} 1\nh_bucket{le="+Inf"} 1\n',
    );
  });

  test('has the same samples in OpenMetrics', () => {
    const samples = (format: 'text' | 'openmetrics') =>
      registryText(text, format)
        .split('\n')
        .filter((line) => !line.startsWith('#'));
    expect(samples('openmetrics')).toEqual(samples('text'));
    expect(registryText(text, 'openmetrics')).toContain('# HELP a A.\n# TYPE a counter\na_total 1\n');
  });
});
