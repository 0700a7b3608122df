/** The changes of one rule that rule-mutants.mjs tries, one at a time. */

const NEAR = { '>=': '>', '<=': '<', '==': '!=', '!=': '==', '<': '<=', '>': '>=' };
const MATCHERS = { '=': '!=', '!=': '=', '=~': '!~' };

/** Changes that cannot be seen in any situation, and why. */
export const EQUIVALENT = [
  { name: 'evaluated:bool', what: /^a number/, why: 'It only matters whether there is a value.' },
  { name: 'owner:group', what: /^a number/, why: 'It only matters which number is the largest.' },
  { name: 'owner:group', what: /^instance stays/, why: 'No record of it has this label.' },
  {
    name: 'owner:group',
    what: /^a clause goes.*unless on \(\) global:/,
    why: 'topk keeps the first of equal numbers, and the present owner is the first one.',
  },
  { name: 'Stalled', what: /^instance stays/, why: 'No record of it has this label.' },
  { name: 'seen_timestamp_seconds:max', what: /^instance stays/, why: 'It only matters whether the job was seen.' },
  {
    name: 'DataStale',
    what: /^max and min.*\(job, instance\)$/,
    why: 'An exporter has one time of its last tick.',
  },
  { name: 'ClockSkew', what: /^max and min/, why: 'An exporter has one time of its last tick.' },
  { name: 'WebCertificateExpiring', what: /^max and min/, why: 'An exporter has one certificate.' },
  { name: 'ConfigReloadFailed', what: /^max and min/, why: 'An exporter has one config.' },
  { name: 'shard_count:max', what: /^a range grows/, why: 'It is not older than the record of when the job was seen.' },
  { name: 'clusters_before_drop:max', what: /^a range grows/, why: 'It is not older than the time of the drop.' },
];

/** Each with what is changed (`what`) and the changed fields (`change`). */
export function changesOf({ alert, expr, for: wait, keep_firing_for: keep, labels = {}, annotations = {} }) {
  const changes = [];
  const replaceEach = (regex, replacement, why) => {
    for (const match of expr.matchAll(regex)) {
      const by = typeof replacement === 'string' ? replacement : replacement(match);
      const changed = expr.slice(0, match.index) + by + expr.slice(match.index + match[0].length);
      if (changed !== expr) changes.push({ what: `${why} at ${match.index}: ${match[0]}`, change: { expr: changed } });
    }
  };
  const scaled = (factor) => (match) => match[0].replace(/\d+(\.\d+)?/, (number) => String(Number(number) * factor));
  replaceEach(/(?<![\w.[:"]|topk by \([^)]*\) \()\d+(\.\d+)?(?![\w.])/g, scaled(1.5), 'a number grows');
  replaceEach(/(?<![\w.[:"]|topk by \([^)]*\) \()[1-9]\d*(\.\d+)?(?![\w.])/g, scaled(0.6), 'a number shrinks');
  replaceEach(/(?<=\[|offset )\d+[smhdw]/g, '1m', 'a range shrinks');
  replaceEach(/(?<=\[)\d+[smhdw]/g, '60d', 'a range grows');
  replaceEach(/>=|<=|==|!=(?!")|(?<![=<>!])[<>](?!=)/g, ([operator]) => NEAR[operator], 'an operator');
  replaceEach(/!=(?=")|=~(?=")|(?<![!])=(?=")/g, ([matcher]) => MATCHERS[matcher], 'a matcher');
  replaceEach(/(?<= )[-+](?= )/g, ([operator]) => (operator === '-' ? '+' : '-'), 'a sign');
  for (const { start, end, clause } of clausesOf(expr))
    changes.push({
      what: `a clause goes at ${start}: ${clause}`,
      change: { expr: expr.slice(0, start) + expr.slice(end) },
    });
  // Of equal values the largest is the smallest. The difference shows only where exporters disagree.
  replaceEach(
    /\b(max|min)( by \([^)]*\))/g,
    ([, how, list]) => `${how === 'max' ? 'min' : 'max'}${list}`,
    'max and min',
  );
  // Only what an exporter exposes has the label.
  const isRecord = (match) => {
    const argument = argumentAt(expr, match.index + match[0].length);
    return /^[(\s]*\w+ by \(/.test(argument) || !/(?<![\w:])mongodbatlas_/.test(argument);
  };
  replaceEach(
    /\bby \(([^)]*)\)/g,
    (match) => (match[1].includes('instance') || isRecord(match) ? match[0] : `by (${match[1]}, instance)`),
    'instance stays',
  );
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
    // All links are made by one function, which has a test of its own. Without addresses they are empty.
    if (/^\{\{ \$\w+ := "" \}\}/.test(value)) continue;
    changes.push({ what: `no ${key}`, change: { annotations: { ...annotations, [key]: '' } } });
    // Each query of a template finds nothing.
    for (const match of value.matchAll(/(?<=(?:printf|query) ")[^"\\]*/g)) {
      const changed = `${value.slice(0, match.index)}absent(vector(1)) and ${value.slice(match.index)}`;
      changes.push({
        what: `empty query in ${key} at ${match.index}`,

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

/** The next parenthesis, up to its end. */
function argumentAt(expr, from) {
  const start = expr.indexOf('(', from);
  let depth = 0;
  for (let index = start; index < expr.length; index += 1) {
    if (expr[index] === '(') depth += 1;
    if (expr[index] === ')') depth -= 1;
    if (depth === 0) return expr.slice(start, index);
  }
  return expr.slice(start);
}

function startOf(expr, before) {
  let depth = 0;
  for (let index = before - 2; index >= 0; index -= 1) {
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
