/** prom-client metrics whose series can be removed by their labels: prom-client lists series only asynchronously. */
import { Counter, type CounterConfiguration, Gauge, type GaugeConfiguration } from 'prom-client';

export type Labels = Readonly<Record<string, string>>;

interface Forgetful {
  /** Removes the series with such labels. */
  forget(isGone: (labels: Labels) => boolean): void;
}

export interface CounterSeries extends Forgetful {
  inc(labels: Labels, value?: number): void;
}

export interface GaugeSeries extends Forgetful {
  set(labels: Labels, value: number): void;
}

export function createCounterSeries(configuration: CounterConfiguration<string>): CounterSeries {
  const counter = new Counter(configuration);
  const known = createMemory((labels) => counter.remove(labels));
  return {
    inc(labels, value) {
      known.remember(labels);
      counter.inc(labels, value);
    },
    forget: known.forget,
  };
}

export function createGaugeSeries(configuration: GaugeConfiguration<string>): GaugeSeries {
  const gauge = new Gauge(configuration);
  const known = createMemory((labels) => gauge.remove(labels));
  return {
    set(labels, value) {
      known.remember(labels);
      gauge.set(labels, value);
    },
    forget: known.forget,
  };
}

function createMemory(remove: (labels: Labels) => void) {
  const known = new Map<string, Labels>();
  return {
    remember(labels: Labels): void {
      known.set(JSON.stringify(labels), labels);
    },
    forget(isGone: (labels: Labels) => boolean): void {
      for (const [key, labels] of known) {
        if (!isGone(labels)) continue;
        known.delete(key);
        remove(labels);
      }
    },
  };
}
