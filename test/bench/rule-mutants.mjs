/**
 * Do the unit tests of the Prometheus rules notice when a rule is wrong? Changes one thing of one rule at a time and runs
 * promtool; a change that no test notices is printed as a survivor. Run it by hand after a change to the rules (an hour on one
 * core, less with a pattern): node test/bench/rule-mutants.mjs [PATTERN OF RULE NAMES]
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';

const SOURCE = 'deploy/prometheus';
const pattern = new RegExp(process.argv[2] ?? '');
const folder = mkdtempSync(join(tmpdir(), 'rule-mutants-'));
cpSync(SOURCE, folder, { recursive: true });
const text = readFileSync(join(SOURCE, 'rules.yml'), 'utf8');
const tests = readdirSync(join(SOURCE, 'tests'))
  .filter((file) => file.endsWith('.test.yml'))
  .map((file) => join(folder, 'tests', file));

let killed = 0;
let survived = 0;
for (const [groupIndex, group] of parse(text).groups.entries()) {
  for (const [index, rule] of group.rules.entries()) {
    if (!pattern.test(rule.alert ?? rule.record)) continue;
    for (const { what, change } of mutationsOf(rule)) {
      const rules = parse(text);
      Object.assign(rules.groups[groupIndex].rules[index], change);
      writeFileSync(join(folder, 'rules.yml'), stringify(rules));
      if (isNoticed(rule)) {
        killed += 1;
      } else {
        survived += 1;
        console.log(`survivor: ${rule.alert ?? rule.record}: ${what}`);
      }
    }
  }
}
rmSync(folder, { recursive: true });
console.log(`${killed} noticed, ${survived} not`);

function isNoticed({ alert, record }) {
  if (spawnSync('promtool', ['check', 'rules', join(folder, 'rules.yml')]).status !== 0) return true;
  // Test files that name the rule run first, the quick ones before the slow ones, because they most probably notice the
  // change. The scenarios test all alerts.
  const rank = (file) =>
    (readFileSync(file, 'utf8').includes(alert ?? record) ? 0 : 2) + (/scenario/.test(file) ? 1 : 0);
  const ordered = tests.filter((file) => record || rank(file) !== 2).sort((a, b) => rank(a) - rank(b));
  return ordered.some((file) => spawnSync('promtool', ['test', 'rules', file]).status !== 0);
}

function mutationsOf({ alert, expr, for: wait, keep_firing_for: keep, labels }) {
  const changes = [];
  const replaceEach = (regex, replacement, why) => {
    for (const match of expr.matchAll(regex)) {
      const by = typeof replacement === 'string' ? replacement : replacement(match);
      const changed = expr.slice(0, match.index) + by + expr.slice(match.index + match[0].length);
      if (changed !== expr) changes.push({ what: `${why} at ${match.index}: ${match[0]}`, change: { expr: changed } });
    }
  };
  replaceEach(/(?<![\w.])\d+(\.\d+)?(?![\w.])/g, ([number]) => String(Number(number) * 1.5), 'a number grows');
  replaceEach(/(?<![\w.])[1-9]\d*(\.\d+)?(?![\w.])/g, ([number]) => String(Number(number) * 0.6), 'a number shrinks');
  replaceEach(/\[1d\]|\[12h\]|\[1h\]|\[7d\]/g, '[1m]', 'a range shrinks');
  replaceEach(/^\s*(and|unless) (?!on).*$/gm, '', 'a condition goes');
  replaceEach(/^ *unless \((?:.|\n)*?^ *\)$/gm, '', 'a condition goes');
  // If several exporters report the same values, both variants give the same result. They can differ only if an alert
  // uses several states or reasons.
  if (alert) replaceEach(/\b(max|min) by\b/g, ([, how]) => `${how === 'max' ? 'min' : 'max'} by`, 'max and min');
  replaceEach(/\bby \(group_id, cluster_name\)/g, 'by (group_id, cluster_name, instance)', 'instance stays');
  replaceEach(/\{[^}]*\}/g, '', 'a selector goes');
  if (wait !== undefined)
    changes.push({ what: 'no for', change: { for: '0s' } }, { what: 'for 3h', change: { for: '3h' } });
  if (keep !== undefined) changes.push({ what: 'no keep_firing_for', change: { keep_firing_for: '0s' } });
  if (labels !== undefined) changes.push({ what: 'severity', change: { labels: { severity: 'other' } } });
  return changes;
}
