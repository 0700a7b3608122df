/**
 * Do the unit tests of the Prometheus rules notice when a rule is wrong? Changes one thing of one rule at a time and runs
 * promtool; a change that no test notices is printed as a survivor. Run it by hand after a change to the rules:
 *
 *   npx tsc -p tsconfig.scripts.json --noCheck
 *   node test/bench/rule-mutants.mjs [--rules PATTERN] [--changes PATTERN] [--every N] [--jobs N]
 *
 * PATTERN is a regular expression for names of rules or kinds of changes. With --every 10 only each tenth change is tried.
 * A full run takes about half an hour of one processor. So that it takes no longer:
 * 1. A test runs with the rules only that the changed rule depends on, or that depend on it.
 * 2. A change that the likeliest tests do not notice is recorded beside the right rule, together with all other such
 *    changes, in every test. Where both never differ, no test can notice the change: it is a survivor.
 * 3. The others run in the tests where they differ.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { ruleTests } from '../../build/test/rules/index.js';
import { changesOf } from './rule-changes.mjs';

const LIKELIEST = 3;
const { values } = parseArgs({
  options: {
    rules: { type: 'string', default: '' },
    changes: { type: 'string', default: '' },
    every: { type: 'string', default: '1' },
    jobs: { type: 'string', default: String(availableParallelism()) },
  },
});
const folder = mkdtempSync(join(tmpdir(), 'rule-mutants-'));
const { groups } = parse(readFileSync('deploy/prometheus/rules.yml', 'utf8'));
const rules = groups.flatMap((group) =>
  group.rules.map((rule) => ({ group: group.name, rule, name: rule.alert ?? rule.record })),
);
const used = new Map(
  rules.map(({ name }) => [name, new Set(rules.map((one) => one.name).filter((other) => uses(name, other)))]),
);
const tests = ruleTests('rules.yml').map((content) => ({
  content,
  text: JSON.stringify(content),
  alerts: new Set(JSON.stringify(content.tests[0]).match(/AtlasBackupExport\w+/g) ?? []),
  evaluations: lastMinute(content) / parseInt(content.evaluation_interval, 10),
}));
/** The tests that noticed earlier changes of a rule, the last one first. */
const killers = new Map();

const mutants = allMutants();
console.log(`${mutants.length} changes, ${tests.length} tests`);
const left = [];
await each(mutants, async (mutant) => {
  if (await isNoticed(mutant, likeliest(mutant.name).slice(0, LIKELIEST))) return;
  left.push(mutant);
  console.log(`not noticed yet: ${mutant.name}: ${mutant.what}`);
});
await findDifferences(left);
const survivors = [];
await each(left, async (mutant) => {
  const further = likeliest(mutant.name).filter((test) => mutant.differsIn?.has(test) ?? true);
  if (await isNoticed(mutant, further, new Set(rules.map(({ name }) => name)))) return;
  survivors.push(mutant);
  const differs = mutant.differsIn === undefined ? '' : `, differs in ${mutant.differsIn.size} tests`;
  console.log(`survivor: ${mutant.name}: ${mutant.what}${differs}`);
});
rmSync(folder, { recursive: true });
console.log(`${mutants.length - survivors.length} noticed, ${survivors.length} not`);

function allMutants() {
  return rules
    .filter(({ name }) => new RegExp(values.rules).test(name))
    .flatMap(({ rule, name }) =>
      changesOf(rule)
        .filter(({ what }) => new RegExp(values.changes).test(what))
        .map((one) => ({ ...one, name, rule, changed: { ...rule, ...one.change } })),
    )
    .filter((_, index) => index % Number(values.every) === 0);
}

/** The tests of a rule: first those that noticed another change of it, then those that name the alerts nearest to it. */
function likeliest(name) {
  const before = killers.get(name) ?? [];
  const alerts = [...closure([name], dependents)].filter((other) => other.startsWith('Atlas'));
  const cost = (test) => {
    if (before.includes(test)) return before.indexOf(test) - 1e6;
    const nearness = alerts.map((alert, index) => (test.alerts.has(alert) ? 3 ** -index : 0));
    return test.evaluations / (Math.max(0, ...nearness) + (test.text.includes(name) ? 100 : 0.001));
  };
  return [...tests].sort((a, b) => cost(a) - cost(b));
}

async function isNoticed({ name, rule, changed, isText }, candidates, kept = related(name)) {
  const slice = groupsOf((one) => {
    if (one.rule === rule) return [changed];
    return kept.has(one.name) ? [one.rule] : [];
  });
  for (const test of candidates) {
    // Only a test that names the alert can notice a change of its text.
    if (isText && !test.text.includes(name)) continue;
    const content = testOfSlice(test.content, kept);
    if (content === undefined || (await run(slice, content)) === '') continue;
    killers.set(name, [test, ...(killers.get(name) ?? []).filter((other) => other !== test)]);
    return true;
  }
  return false;
}

/** The rules that depend on a rule, and all that these depend on. */
function related(name) {
  return closure(closure([name], dependents), (other) => used.get(other));
}

/** Notes for each change of an expression the tests in which its value ever differs from that of the right rule. */
async function findDifferences(all) {
  const compared = all.filter(({ change }) => change.expr !== undefined);
  for (const mutant of compared) mutant.differsIn = new Set();
  const compare = async (test, broken) => {
    const slice = groupsOf((one) => [
      ...compared.flatMap((mutant, index) => beside(one, broken, mutant, index)),
      one.rule,
    ]);
    const minutes = lastMinute(test.content);
    const expr = `count by (change) (count_over_time(differs[${minutes + 1}m]))`;
    const check = { eval_time: `${minutes}m`, expr, exp_samples: [{ labels: '{change="none"}', value: 1 }] };
    const content = {
      ...test.content,
      tests: [{ ...test.content.tests[0], alert_rule_test: [], promql_expr_test: [check] }],
    };
    const output = await run(slice, content);
    const failed = /rule: wrong:(\d+)/.exec(output)?.[1];
    const indexes = failed === undefined ? [...output.matchAll(/change="(\d+)"/g)].map(([, index]) => index) : [failed];
    for (const index of indexes) compared[Number(index)].differsIn.add(test);
    if (failed !== undefined) await compare(test, new Set([...broken, Number(failed)]));
  };
  await each(tests, (test) => compare(test, new Set()));
}

function beside(one, broken, mutant, index) {
  if (mutant.rule !== one.rule || broken.has(index)) return [];
  const [right, wrong] = [`right:${index}`, `wrong:${index}`];
  return [
    { record: right, expr: one.rule.expr },
    { record: wrong, expr: mutant.changed.expr },
    {
      record: 'differs',
      expr: `count((${right} unless ${wrong} == ${right}) or (${wrong} unless ${right} == ${wrong}))`,
      labels: { change: String(index) },
    },
  ];
}

function groupsOf(rulesOf) {
  return groups.map((group) => ({
    name: group.name,
    rules: rules.filter((one) => one.group === group.name).flatMap(rulesOf),
  }));
}

/** What a test checks of the kept rules; undefined if that is nothing. */
function testOfSlice(content, kept) {
  const [test] = content.tests;
  const isKept = (text) =>
    [...text.matchAll(/AtlasBackupExport\w+|[\w]+:mongodbatlas\w+:?\w*/g)].every(([name]) => kept.has(name));
  const alerts = test.alert_rule_test.filter(({ alertname }) => kept.has(alertname));
  const queries = test.promql_expr_test.flatMap((check) => {
    if (!isKept(check.expr)) return [];
    const isOfAll = check.expr.includes('ALERTS') && !check.expr.includes('alertname="');
    if (isOfAll && kept.size < used.size && !check.exp_samples.every(({ labels }) => labels.includes('alertname=')))
      return [];
    return [{ ...check, exp_samples: check.exp_samples.filter(({ labels }) => isKept(labels)) }];
  });
  if (alerts.length + queries.length === 0) return undefined;
  return { ...content, tests: [{ ...test, alert_rule_test: alerts, promql_expr_test: queries }] };
}

function lastMinute({ tests: [test] }) {
  // promtool evaluates the rules until the last check.
  return Math.max(...[...test.alert_rule_test, ...test.promql_expr_test].map((check) => parseInt(check.eval_time, 10)));
}

function dependents(name) {
  return rules.filter((other) => used.get(other.name).has(name)).map((other) => other.name);
}

function closure(names, next) {
  const found = new Set(names);
  for (const name of found) for (const other of next(name)) found.add(other);
  return found;
}

/** Two rules can share a name. */
function uses(name, other) {
  return rules.some(
    (one) => one.name === name && JSON.stringify([one.rule.expr, one.rule.annotations]).includes(other),
  );
}

async function each(items, work) {
  const all = [...items];
  const worker = async () => {
    for (let item = all.shift(); item !== undefined; item = all.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, worker));
}

/** What promtool finds wrong; empty if nothing. */
async function run(slice, content) {
  const place = mkdtempSync(join(folder, 'run-'));
  const present = slice.filter((group) => group.rules.length > 0);
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'rules.yml'), JSON.stringify({ groups: present }));
  writeFileSync(
    join(place, 'test.yml'),
    JSON.stringify({ ...content, group_eval_order: present.map((group) => group.name) }),
  );
  // One thread and less garbage collection: the processor time counts here.
  const env = { ...process.env, GOGC: '400', GOMAXPROCS: '1' };
  const child = spawn('promtool', ['test', 'rules', join(place, 'test.yml')], { env });
  const chunks = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => chunks.push(chunk));
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  rmSync(place, { recursive: true });
  return code === 0 ? '' : `failed: ${Buffer.concat(chunks).toString()}`;
}
