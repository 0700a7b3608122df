/**
 * Do the unit tests of the Prometheus rules notice when a rule is wrong? Changes one thing of one rule at a time and runs
 * promtool, several at once; a change that no test notices is printed as a survivor. Run it by hand after a change to the rules:
 *
 *   npx tsc -p tsconfig.scripts.json --noCheck
 *   node test/bench/rule-mutants.mjs [--rules PATTERN] [--changes PATTERN] [--every N] [--jobs N]
 *
 * PATTERN is a regular expression for names of rules or kinds of changes. With --every 10 only each tenth change is tried.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parse, stringify } from 'yaml';
import { ruleTests } from '../../build/test/rules/index.js';

const RULES = 'deploy/prometheus/rules.yml';
const NEAR = { '>=': '>', '<=': '<', '==': '!=', '!=': '==', '<': '<=', '>': '>=' };
const { values } = parseArgs({
  options: {
    rules: { type: 'string', default: '' },
    changes: { type: 'string', default: '' },
    every: { type: 'string', default: '1' },
    jobs: { type: 'string', default: String(availableParallelism()) },
  },
});
const folder = mkdtempSync(join(tmpdir(), 'rule-mutants-'));
const text = readFileSync(RULES, 'utf8');
const tests = ruleTests('rules.yml').map((content, index) => ({
  file: `${index}.yml`,
  name: content.tests[0].name,
  content: JSON.stringify(content),
  milliseconds: 0,
}));
/** The tests that noticed earlier changes of a rule, the last one first. */
const killers = new Map();

await measureTests();
const mutants = mutantsOf(parse(text)).filter((_, index) => index % Number(values.every) === 0);
console.log(`${mutants.length} changes, ${tests.length} tests`);
const survivors = [];
let noticed = 0;
await Promise.all(Array.from({ length: Number(values.jobs) }, (_, worker) => work(join(folder, String(worker)))));
rmSync(folder, { recursive: true });
console.log(`${noticed} noticed, ${survivors.length} not`);

/** The quick tests run first. A test that fails without a change notices nothing. */
async function measureTests() {
  const place = join(folder, 'unchanged');
  prepare(place);
  const left = [...tests];
  const measure = async () => {
    for (let test = left.shift(); test !== undefined; test = left.shift()) {
      const start = performance.now();
      test.isUseless = !(await promtool(['test', 'rules', join(place, test.file)]));
      test.milliseconds = performance.now() - start;
      if (test.isUseless) console.log(`fails without a change: ${test.name}`);
    }
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, measure));
}

function prepare(place) {
  mkdirSync(place);
  writeFileSync(join(place, 'rules.yml'), text);
  for (const { file, content } of tests) writeFileSync(join(place, file), content);
}

async function work(place) {
  prepare(place);
  for (let mutant = mutants.shift(); mutant !== undefined; mutant = mutants.shift()) {
    writeFileSync(join(place, 'rules.yml'), stringify(mutant.changed, { lineWidth: 0 }));
    if (await isNoticed(mutant, place)) {
      noticed += 1;
    } else {
      survivors.push(mutant);
      console.log(`survivor: ${mutant.rule}: ${mutant.what}`);
    }
  }
}

async function isNoticed({ rule, isText }, place) {
  if (!(await promtool(['check', 'rules', join(place, 'rules.yml')]))) return true;
  const before = killers.get(rule) ?? [];
  // Tests that name the rule most probably notice the change. No other test can notice a change of its text.
  const rank = (test) => {
    if (before.includes(test)) return before.indexOf(test) - 1e6;
    return test.milliseconds + (test.content.includes(rule) ? 0 : 1e6);
  };
  const ordered = tests
    .filter(({ content, isUseless }) => !isUseless && (!isText || content.includes(rule)))
    .sort((a, b) => rank(a) - rank(b));
  for (const test of ordered) {
    if (await promtool(['test', 'rules', join(place, test.file)])) continue;
    killers.set(rule, [test, ...before.filter((other) => other !== test)]);
    return true;
  }
  return false;
}

function promtool(args) {
  return new Promise((resolve, reject) => {
    const child = spawn('promtool', args, { stdio: 'ignore' });
    child.once('error', reject);
    child.once('close', (code) => resolve(code === 0));
  });
}

function mutantsOf({ groups }) {
  return groups.flatMap((group, groupIndex) =>
    group.rules.flatMap((rule, index) => {
      const name = rule.alert ?? rule.record;
      if (!new RegExp(values.rules).test(name)) return [];
      return changesOf(rule)
        .filter(({ what }) => new RegExp(values.changes).test(what))
        .map(({ what, change, isText = false }) => {
          const changed = structuredClone({ groups });
          Object.assign(changed.groups[groupIndex].rules[index], change);
          return { rule: name, what, changed, isText };
        });
    }),
  );
}

function changesOf({ alert, expr, for: wait, keep_firing_for: keep, labels = {}, annotations = {} }) {
  const changes = [];
  const replaceEach = (regex, replacement, why) => {
    for (const match of expr.matchAll(regex)) {
      const by = typeof replacement === 'string' ? replacement : replacement(match);
      const changed = expr.slice(0, match.index) + by + expr.slice(match.index + match[0].length);
      if (changed !== expr) changes.push({ what: `${why} at ${match.index}: ${match[0]}`, change: { expr: changed } });
    }
  };
  const scaled = (factor) => (match) => match[0].replace(/\d+(\.\d+)?/, (number) => String(Number(number) * factor));
  replaceEach(/(?<![\w.[:"])\d+(\.\d+)?(?![\w.])/g, scaled(1.5), 'a number grows');
  replaceEach(/(?<![\w.[:"])[1-9]\d*(\.\d+)?(?![\w.])/g, scaled(0.6), 'a number shrinks');
  replaceEach(/(?<=\[|offset )\d+[smhdw]/g, '1m', 'a range shrinks');
  replaceEach(/(?<=\[)\d+[smhdw]/g, '60d', 'a range grows');
  replaceEach(/>=|<=|==|!=|(?<![=<>!])[<>](?!=)/g, ([operator]) => NEAR[operator], 'an operator');
  replaceEach(/(?<= )[-+](?= )/g, ([operator]) => (operator === '-' ? '+' : '-'), 'a sign');
  for (const { start, end, clause } of clausesOf(expr))
    changes.push({
      what: `a clause goes at ${start}: ${clause}`,
      change: { expr: expr.slice(0, start) + expr.slice(end) },
    });
  // Of equal values the largest is the smallest. The difference shows only where exporters disagree.
  replaceEach(/\b(max|min) by\b/g, ([, how]) => `${how === 'max' ? 'min' : 'max'} by`, 'max and min');
  replaceEach(/\bby \(([^)]*)\)/g, ([, list]) => `by (${list}, instance)`, 'instance stays');
  replaceEach(
    /\b(?:on|by) \(([^)]+)\)/g,
    (match) => match[0].replace(/\((\w+, )?.*\)/, '($1)').replace(', )', ')'),
    'labels go',
  );
  replaceEach(/\{[^}]*\}/g, '', 'a selector goes');
  if (wait !== undefined)
    changes.push({ what: 'no for', change: { for: '0s' } }, { what: 'for 3h', change: { for: '3h' } });
  if (keep !== undefined) changes.push({ what: 'no keep_firing_for', change: { keep_firing_for: '0s' } });
  for (const key of alert ? Object.keys(labels) : [])
    changes.push({ what: `label ${key}`, change: { labels: { ...labels, [key]: 'other' } } });
  for (const [key, value] of alert ? Object.entries(annotations) : []) {
    if (value === '') continue;
    const isText = true;
    changes.push({ what: `no ${key}`, isText, change: { annotations: { ...annotations, [key]: '' } } });
    // Each query of a template finds nothing.
    for (const match of value.matchAll(/(?<=(?:printf|query) ")[^"\\]*/g)) {
      const changed = `${value.slice(0, match.index)}absent(vector(1)) and ${value.slice(match.index)}`;
      changes.push({
        what: `empty query in ${key} at ${match.index}`,
        isText,
        change: { annotations: { ...annotations, [key]: changed } },
      });
    }
  }
  return changes;
}

/** Each `and`, `or` or `unless` with what stands after it, and each left side of an `or`. */
function clausesOf(expr) {
  const clauses = [];
  for (const match of expr.matchAll(/\b(and|unless|or)\b(?= )|\b(and|unless|or)\n/g)) {
    const after = match.index + match[0].length;
    const end = endOf(expr, after);
    clauses.push({ start: match.index, end, clause: oneLine(expr.slice(match.index, end)) });
    if (!match[0].startsWith('or')) continue;
    const start = startOf(expr, match.index);
    clauses.push({ start, end: after, clause: oneLine(expr.slice(start, after)) });
  }
  return clauses;
}

/** Where the operand that begins here ends: at the next operator between sets, or at a parenthesis that was opened before. */
function endOf(expr, from) {
  let depth = 0;
  for (let index = from; index < expr.length; index += 1) {
    if ('([{'.includes(expr[index])) depth += 1;
    if (')]}'.includes(expr[index])) depth -= 1;
    if (depth < 0) return index;
    if (depth === 0 && /^\s(and|unless|or)\s/.test(expr.slice(index, index + 8))) return index + 1;
  }
  return expr.length;
}

function startOf(expr, before) {
  let depth = 0;
  for (let index = before - 1; index >= 0; index -= 1) {
    if (')]}'.includes(expr[index])) depth += 1;
    if ('([{'.includes(expr[index])) depth -= 1;
    if (depth < 0) return index + 1;
    if (depth === 0 && /^\sor\s/.test(expr.slice(index, index + 4))) return index + 4;
  }
  return 0;
}

function oneLine(code) {
  return code.replace(/\s+/g, ' ').trim().slice(0, 120);
}
