import { describe, expect, test } from '@jest/globals';
import { createChance } from '../../../src/simulator/chance.ts';
import { createChaos, passingFaults } from '../../../src/simulator/chaos.ts';
import { type Asked, createFaultPlan, type Fault, type FaultPlan } from '../../../src/simulator/faults.ts';

const reset: Fault = { kind: 'reset' };
const hang: Fault = { kind: 'hang' };
const chance = createChance(1);

function asked(changes: Partial<Asked> = {}): Asked {
  return { operation: 'exports', groupId: 'g', clusterName: 'c', number: 1, nowMs: 0, ...changes };
}

function numbersStruck(plan: FaultPlan, count = 1000): readonly number[] {
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  return numbers.filter((number) => plan(asked({ number })) !== undefined);
}

describe('a plan', () => {
  test('strikes everyone where it names nobody', () => {
    const plan = createFaultPlan([{ fault: reset }], chance);
    expect(plan(asked())).toBe(reset);
    expect(plan(asked({ operation: 'token', groupId: '', clusterName: '' }))).toBe(reset);
  });

  test.each([
    [{ operation: 'exports' }, { operation: 'schedule' }],
    [{ groupId: 'g' }, { groupId: 'h' }],
    [{ clusterName: 'c' }, { clusterName: 'd' }],
  ] as const)('that names %j strikes nobody else', (rule, other) => {
    const plan = createFaultPlan([{ fault: reset, ...rule }], chance);
    expect([plan(asked()), plan(asked(other))]).toEqual([reset, undefined]);
  });

  test('strikes the requests that it counts, the first and the last included', () => {
    expect(numbersStruck(createFaultPlan([{ fault: reset, from: 3, to: 5 }], chance))).toEqual([3, 4, 5]);
    expect(numbersStruck(createFaultPlan([{ fault: reset, to: 2 }], chance))).toEqual([1, 2]);
  });

  test('strikes by chance as often as it says, and the same requests each time', () => {
    const rules = [{ fault: reset, probability: 0.3 }];
    const struck = numbersStruck(createFaultPlan(rules, chance));
    expect(struck.length).toBeGreaterThan(250);
    expect(struck.length).toBeLessThan(350);
    expect(numbersStruck(createFaultPlan(rules, createChance(1)))).toEqual(struck);
    expect(numbersStruck(createFaultPlan(rules, createChance(2)))).not.toEqual(struck);
  });

  test('obeys the first rule that strikes', () => {
    const plan = createFaultPlan([{ fault: reset, to: 1 }, { fault: hang }], chance);
    expect([plan(asked()), plan(asked({ number: 2 }))]).toEqual([reset, hang]);
  });
});

describe('chaos', () => {
  const momentMs = 10_000;
  const isOfCredentials = (fault: Fault | undefined) => String(fault?.kind).startsWith('expire');

  test('lets about every fourth moment be bad, each with one fault for all its requests', () => {
    const plan = createChaos({ chance });
    const moments = Array.from({ length: 400 }, (_, at) => {
      const met = [0, 4000, 9999].map((ms) => plan(asked({ nowMs: at * momentMs + ms })));
      return new Set(met.filter((fault) => !isOfCredentials(fault)));
    });
    expect(moments.filter((met) => met.size > 1)).toEqual([]);
    const bad = moments.filter((met) => !met.has(undefined)).length;
    expect(bad).toBeGreaterThan(60);
    expect(bad).toBeLessThan(140);
  });

  test('deals every fault that passes, and means each address by itself', () => {
    const plan = createChaos({ chance });
    const dealt = new Set<Fault | undefined>();
    for (let moment = 0; moment < 3000; moment += 1) dealt.add(plan(asked({ nowMs: moment * momentMs })));
    expect(passingFaults.filter((fault) => !dealt.has(fault))).toEqual([]);
    const row = (clusterName: string) =>
      Array.from({ length: 40 }, (_, at) => createChaos({ chance })(asked({ clusterName, nowMs: at * momentMs })));
    expect(row('a')).not.toEqual(row('b'));
  });

  test('begins with its first moment whenever it starts', () => {
    const row = (startedAtMs: number) => {
      const plan = createChaos({ chance, startedAtMs });
      return Array.from({ length: 200 }, (_, second) => plan(asked({ nowMs: startedAtMs + second * 1000 })));
    };
    expect(row(1_790_000_003_210)).toEqual(row(0));
  });

  test('lets tokens and nonces end now and then, tokens seldom', () => {
    const plan = createChaos({ chance });
    const met = Array.from({ length: 3600 }, (_, second) => plan(asked({ nowMs: second * 1000 }))?.kind);
    expect(met.filter((kind) => kind === 'expire-tokens')).toHaveLength(8);
    expect(met.filter((kind) => kind === 'expire-nonces').length).toBeGreaterThan(50);
  });

  test('spares the OAuth endpoints', () => {
    const plan = createChaos({ chance, share: 1 });
    const met = Array.from({ length: 100 }, (_, at) => plan(asked({ operation: 'token', nowMs: at * momentMs })));
    expect(new Set(met)).toEqual(new Set([undefined]));
  });
});
