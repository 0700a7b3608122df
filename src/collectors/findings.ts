/** Finds everything that is wrong with a target. Pages, API and `check` use the same findings. */
import type { Collector, Collectors, Finding, Moment, TargetState } from './collector.ts';
import { rankOf, WORDS } from './conditions.ts';

/** All findings, the most urgent first; `fine` if nothing is wrong. */
export function findingsOf(state: TargetState, moment: Moment, collectors: Collectors): readonly Finding[] {
  const found = collectors.flatMap((collector) => [
    ...(collector.findings ?? []).flatMap((find) => find(state, moment) ?? []),
    ...unread(state, collector),
  ]);
  if (found.length === 0) return [{ condition: 'fine' }];
  const withAlerts = found.map((one) => ({ ...one, alert: one.alert ?? WORDS[one.condition].alert }));
  return withAlerts.toSorted((a, b) => rankOf(a.condition) - rankOf(b.condition));
}

/** A collector fails although the collector that it waits for works. If both fail, only the other failure is shown. */
function unread({ polled }: TargetState, { name, after, words, unreadAlert }: Collector<unknown>): readonly Finding[] {
  const failure = polled[name]?.last?.failure;
  if (failure === undefined || after === undefined || polled[after]?.last?.failure) return [];
  const { problem, advice } = failure;
  return [
    { condition: 'unread', problem: `the ${words.resource} cannot be read: ${problem}`, advice, alert: unreadAlert },
  ];
}

/** The failures of a target by collector, without repetitions: for a deleted cluster all fail for the same reason. */
export function failuresOf(state: TargetState, collectors: Collectors) {
  return collectors.flatMap((collector) => {
    const failure = state.polled[collector.name]?.last?.failure;
    return failure === undefined || isKnownFailure(state, collector) ? [] : [{ collector, failure }];
  });
}

/** True if the collector that this one waits for fails in the same way, with the same advice. */
export function isKnownFailure({ polled }: TargetState, { name, after }: Collector<unknown>): boolean {
  const failure = polled[name]?.last?.failure;
  const known = after === undefined ? undefined : polled[after]?.last?.failure;
  if (failure === undefined || known === undefined) return false;
  return known.reason === failure.reason && known.errorCode === failure.errorCode && known.advice === failure.advice;
}
