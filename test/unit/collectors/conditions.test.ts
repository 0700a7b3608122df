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
const severitiesOf = (alert: string | undefined) =>
  groups.flatMap(({ rules }) => rules.filter((rule) => rule.alert === alert).map(({ labels }) => labels?.severity));
const conditionsOf = (severity: string) =>
  CONDITIONS.filter((condition) => severitiesOf(WORDS[condition].alert).includes(severity));

test('a condition is urgent only if its alert pages', () => {
  expect(CONDITIONS.filter((condition) => WORDS[condition].level === 'trouble')).toEqual(['overdue', 'missed']);
  // The last three come before the page.
  expect(conditionsOf('critical')).toEqual(['overdue', 'missed', 'late', 'not_started', 'unconfirmed']);
});

test('every condition that is not calm has an alert with a runbook', () => {
  for (const condition of CONDITIONS) {
    const { level, alert } = WORDS[condition];
    if (level === 'calm') expect(alert).toBeUndefined();
    else {
      expect([condition, severitiesOf(alert)]).not.toEqual([condition, []]);
      expect([condition, existsSync(`deploy/runbooks/${alert}.md`)]).toEqual([condition, true]);
    }
  }
});
