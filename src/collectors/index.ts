/** The list of collectors. A new resource is a file or folder of its own and one line here. */
import { type Collector, type Collectors, type Family, recordOf } from './collector.ts';
import { exportsCollector } from './exports/collector.ts';
import { maybe } from './families.ts';
import { scheduleCollector } from './schedule.ts';
import { targetFamilies } from './target-families.ts';

export const COLLECTORS: Collectors = [exportsCollector, scheduleCollector];

/** All metric families in the order of the page. */
export function familiesOf(collectors: Collectors): readonly Family[] {
  return [...recordFamiliesOf(collectors), ...targetFamilies, ...collectors.flatMap(({ families }) => families)];
}

/** The families of the collectors' records of polls. */
export function recordFamiliesOf(collectors: Collectors): readonly Family[] {
  return collectors.flatMap((collector) => [upFamily(collector), ...(collector.recordFamilies ?? [])]);
}

function upFamily({ name, upMetric, words }: Collector<unknown>): Family {
  const of = recordOf<unknown>(name);
  return {
    name: upMetric,
    help: `1 if the latest poll read the complete ${words.resource}, else 0; absent before the first poll has ended.`,
    type: 'gauge',
    labels: [],
    samples(state) {
      const { last } = of(state);
      return maybe(last && Number(last.failure === undefined));
    },
  };
}
