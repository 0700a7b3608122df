import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { nextBeat, phaseOf } from '../../../src/polling/grid.ts';

test('the phases of like-named targets are spread evenly, and stay', () => {
  const phases = Array.from({ length: 1000 }, (_, index) => phaseOf(`5e0000000000000000000001/cluster-${index}`));
  const tenths = Array.from(
    { length: 10 },
    (_, tenth) => phases.filter((phase) => Math.floor(phase * 10) === tenth).length,
  );
  expect(Math.min(...tenths)).toBeGreaterThan(70);
  expect(Math.max(...tenths)).toBeLessThan(130);
  expect(phaseOf('5e0000000000000000000001/cluster-7')).toBe(phases[7]);
});

test('the next beat is the first one later than now, an interval away at the most', () => {
  fc.assert(
    fc.property(
      fc.nat(100_000),
      fc.integer({ min: 1, max: 3600 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (now, interval, phase) => {
        const next = nextBeat(now, interval, phase);
        expect(next).toBeGreaterThan(now);
        expect(next).toBeLessThanOrEqual(now + interval + 1e-6);
        const beats = (next - phase * interval) / interval;
        expect(Math.abs(beats - Math.round(beats))).toBeLessThan(1e-6);
      },
    ),
  );
});
