/**
 * Do the unit tests of the Prometheus rules notice when a rule is wrong? Changes one thing of one rule at a time and runs
 * promtool; a change that no test notices is printed as a survivor. Run it by hand after a change to the rules:
 *
 *   npx tsc -p tsconfig.scripts.json --noCheck
 *   node test/bench/rule-mutants.mjs [--rules PATTERN] [--changes PATTERN] [--every N] [--jobs N]
 *
 * PATTERN is a regular expression for names of rules or kinds of changes. With --every 10 only each tenth change is tried.
 * It fails if there is a survivor, and if a test notices a change that is listed as equivalent.
 * So that a full run ends within an hour or two of one processor:
 * 1. A changed rule runs in the test that most likely notices it, with the rules only that it depends on, or that depend on it.
 * 2. In every test, the cheapest first, the changes that are left are recorded beside the right rules, all together. Only those
 *    whose values ever differ there run in this test.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { ruleTests } from '../../build/test/rules/index.js';
import { changesOf, EQUIVALENT } from './rule-changes.mjs';

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

const mutants = await withoutMistakes(allMutants());
console.log(`${mutants.length} changes, ${tests.length} tests`);
await each(mutants, async (mutant) => {
  if (!mutant.isEquivalent) mutant.isNoticed = await isNoticed(mutant, likeliest(mutant.name)[0], related(mutant.name));
});
const left = () => mutants.filter((mutant) => !mutant.isNoticed);
console.log(`${left().length} left after the likeliest test`);
for (const test of [...tests].sort((one, other) => one.evaluations - other.evaluations)) {
  const before = left().length;
  await each(await differing(test, left()), async (mutant) => {
    mutant.tests += 1;
    mutant.isNoticed = await isNoticed(mutant, test, new Set(used.keys()));
  });
  if (left().length < before) console.log(`${left().length} left after: ${test.content.tests[0].name}`);
}
rmSync(folder, { recursive: true });
const count = { noticed: 0, equivalent: 0, surviving: 0 };
for (const { name, what, tests: differsIn, isNoticed: wasNoticed, isEquivalent } of mutants) {
  if (wasNoticed) count.noticed += 1;
  else if (isEquivalent) count.equivalent += 1;
  else count.surviving += 1;
  if (wasNoticed !== isEquivalent) continue;
  console.log(`${isEquivalent ? 'not equivalent' : 'survivor'}: ${name}: ${what}, differs in ${differsIn} tests`);
  process.exitCode = 1;
}
console.log(`${count.noticed} noticed, ${count.equivalent} equivalent, ${count.surviving} survivors`);

function allMutants() {
  const all = rules.flatMap(({ rule, name }) =>
    changesOf(rule).map((one) => ({
      ...one,
      name,
      rule,
      changed: { ...rule, ...one.change },
      tests: 0,
      isNoticed: false,
      isEquivalent: EQUIVALENT.some((equivalent) => matches(equivalent, name, one)),
    })),
  );
  for (const equivalent of EQUIVALENT)
    if (!all.some((mutant) => matches(equivalent, mutant.name, mutant)))
      throw new Error(`No such change: ${equivalent.name}: ${equivalent.what}`);
  return all
    .filter(({ name, what }) => new RegExp(values.rules).test(name) && new RegExp(values.changes).test(what))
    .filter((_, index) => index % Number(values.every) === 0);
}

function matches(equivalent, name, { what }) {
  return name.includes(equivalent.name) && equivalent.what.test(what);
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

async function isNoticed({ name, rule, change, changed }, test, kept) {
  // Only a test that names the alert can notice a change of its texts, labels or times.
  if (change.expr === undefined && !test.text.includes(name)) return false;
  const content = testOfSlice(test.content, kept);
  if (content === undefined) return false;
  const slice = groupsOf((one) => {
    if (one.rule === rule) return [changed];
    return kept.has(one.name) ? [one.rule] : [];
  });
  if ((await run(slice, content)) === '') return false;
  killers.set(name, [test, ...(killers.get(name) ?? []).filter((other) => other !== test)]);
  return true;
}

/** The rules that depend on a rule, and all that these depend on. */
function related(name) {
  return closure(closure([name], dependents), (other) => used.get(other));
}

/** Leaves out changes that are no PromQL: Prometheus would not load them. */
async function withoutMistakes(all) {
  const file = join(folder, 'changes.yml');
  const changed = all.map((mutant, index) => ({ record: `wrong:${index}`, expr: mutant.changed.expr }));
  writeFileSync(file, JSON.stringify({ groups: [{ name: 'changes', rules: changed }] }));
  const output = await promtool('check', 'rules', file);
  const mistakes = new Set([...output.matchAll(/"wrong:(\d+)": could not parse/g)].map(([, index]) => Number(index)));
  return all.filter((_, index) => !mistakes.has(index));
}

/** The changes whose value ever differs in a test from that of the right rule, and those that are not of an expression. */
async function differing(test, all) {
  const compared = all.filter(({ change, isNoticed: fails }) => change.expr !== undefined && !fails);
  const minutes = lastMinute(test.content);
  const expr = `count by (change) (count_over_time(differs[${minutes + 1}m]))`;
  const check = { eval_time: `${minutes}m`, expr, exp_samples: [{ labels: '{change="none"}', value: 1 }] };
  const content = {
    ...test.content,
    tests: [{ ...test.content.tests[0], alert_rule_test: [], promql_expr_test: [check] }],
  };
  const output = await run(
    groupsOf((one) => beside(one, compared)),
    content,
  );
  const failed = [...output.matchAll(/rule: wrong:(\d+)/g)];
  for (const [, index] of failed) compared[Number(index)].isNoticed = true;
  if (failed.length > 0) return differing(test, all);
  const found = [...output.matchAll(/change="(\d+)"/g)].map(([, index]) => compared[Number(index)]);
  return [...all.filter(({ change }) => change.expr === undefined), ...found];
}

/** A rule, its changes before it, because it can read its own previous value, and the comparisons. */
function beside(one, compared) {
  const changes = compared.flatMap((mutant, index) => (mutant.rule === one.rule ? [index] : []));
  const right = `right:${rules.indexOf(one)}`;
  const differs = (wrong) => `count((${right} unless ${wrong} == ${right}) or (${wrong} unless ${right} == ${wrong}))`;
  return [
    ...(changes.length > 0 ? [{ record: right, expr: one.rule.expr }] : []),
    ...changes.map((index) => ({ record: `wrong:${index}`, expr: compared[index].changed.expr })),
    one.rule,
    ...changes.map((index) => ({
      record: 'differs',
      expr: differs(`wrong:${index}`),
      labels: { change: String(index) },
    })),
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
  const output = await promtool('test', 'rules', join(place, 'test.yml'));
  rmSync(place, { recursive: true });
  return output;
}

/** What promtool prints if it finds anything wrong; empty otherwise. */
async function promtool(...args) {
  // One thread and less garbage collection: the processor time counts here.
  const env = { ...process.env, GOGC: '400', GOMAXPROCS: '1' };
  const child = spawn('promtool', args, { env });
  const chunks = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => chunks.push(chunk));
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  return code === 0 ? '' : `failed: ${Buffer.concat(chunks).toString()}`;
}
