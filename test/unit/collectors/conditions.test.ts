/** The conditions on the pages have the severities of the alert rules. */
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { CONDITIONS, WORDS } from '../../../src/collectors/conditions.ts';

interface Rule {
  readonly alert?: string;
  readonly labels?: { readonly severity?: string };
}

const { groups } = parse(readFileSync('deploy/prometheus/rules.yml', 'utf8')) as { groups: { rules: Rule[] }[] };
/** An alert that begins as a ticket has its rule for the page last. */
const alerts = groups.flatMap(({ rules }) => rules.map(({ alert, labels }) => [alert, labels?.severity] as const));
const severities = new Map(alerts.toReversed());
const conditionsOf = (severity: string) =>
  CONDITIONS.filter((condition) => severities.get(WORDS[condition].alert ?? '') === severity);

test('a condition is urgent only if its alert pages', () => {
  expect(CONDITIONS.filter((condition) => WORDS[condition].level === 'trouble')).toEqual(['overdue']);
  // These two come before the page: the alert does not fire yet.
  expect(conditionsOf('critical')).toEqual(['overdue', 'late', 'unconfirmed']);
});

test('every condition that is not calm has an alert with a runbook', () => {
  for (const condition of CONDITIONS) {
    const { level, alert } = WORDS[condition];
    if (level === 'calm') expect(alert).toBeUndefined();
    else {
      expect([condition, severities.get(alert)]).toEqual([condition, expect.any(String)]);
      expect([condition, existsSync(`deploy/runbooks/${alert}.md`)]).toEqual([condition, true]);
    }
  }
});
