/**
 * Wrong items of lists, as a careless, a newer or a hostile server sends them. Pure.
 */
import type { Fault } from './faults.ts';

type Item = Readonly<Record<string, unknown>>;

/** The same items if the fault is of another kind. */
export function changedItems(all: readonly unknown[], fault: Fault): readonly unknown[] {
  switch (fault.kind) {
    case 'nulls':
      return all.map((item) => mapFields(item, () => null));
    case 'null-items':
      return all.map(() => null);
    case 'wrong-types':
      return all.map((item) => mapFields(item, otherType));
    case 'unknown-fields':
      return all.map((item) => ({ ...(item as Item), ...unknownFields }));
    case 'unknown-states':
      return all.map((item, index) => ({ ...(item as Item), state: unknownStates[index % unknownStates.length] }));
    case 'hostile':
      return all.map((item, index) => hostile(item as Item, hostileTexts[index % hostileTexts.length] ?? ''));
    case 'crowd':
      return [...crowdOf(fault.of, fault.count), ...all];
    case 'future':
      return all.map((item) => mapFields(item, (value) => later(value, fault.seconds)));
    default:
      return all;
  }
}

/** Characters that are special in labels, lines, terminals or HTML, and names of properties that every object has. */
const hostileTexts: readonly string[] = [
  'say "no"',
  '"} 1\nfake_metric{a="b"} 1\n',
  'back\\slash\\',
  'line\r\nbreak\u2028\u2029',
  '\u0000\u0007\u001b[31mred\u007f',
  '<script>alert(1)</script>',
  '__proto__',
  'constructor',
  'toString',
  '\ud800 half a character',
  '{{7*7}} %s %n $(id)',
  'x'.repeat(5000),
];

const unknownStates: readonly unknown[] = ['PAUSED', 'successful', 'INPROGRESS', 'Replicating', '', 7, null];

/** Parsed, since `__proto__` in an object literal is no field. */
const unknownFields = JSON.parse(
  '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"toString":1,"newField":{"deep":[[[1]]]}}',
) as Item;

function mapFields(item: unknown, change: (value: unknown) => unknown): unknown {
  if (typeof item !== 'object' || item === null) {
    return item;
  }
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, change(value)]));
}

function otherType(value: unknown): unknown {
  return typeof value === 'string' ? { was: value } : typeof value === 'number' ? String(value) : 'text';
}

/** The state stays: it decides how the job is read. */
function hostile(item: Item, text: string): Item {
  return {
    ...item,
    id: `${String(item['id'])}${text}`,
    snapshotId: text,
    exportBucketId: text,
    prefix: text,
    customData: [{ key: text, value: text }],
    stateReason: { errorCode: text, message: text },
    [text]: text,
  };
}

function jobOf(index: number): Item {
  return { id: `d${hex(index, 23)}`, createdAt: '2026-01-01T00:00:00Z' };
}

const finishedAt = '2026-01-01T00:10:00Z';
/** The fields that differ from job to job. Numbers are padded, so that their order as text is their order as numbers. */
const crowd = {
  'error-codes': (index: number): Item => {
    const errorCode = `CODE_${String(index).padStart(6, '0')}`;
    return { state: 'Failed', finishedAt, stateReason: { errorCode, message: 'one of many' } };
  },
  buckets: (index: number): Item => ({ state: 'Successful', finishedAt, exportBucketId: `b${hex(index, 23)}` }),
  queued: (): Item => ({ state: 'Queued' }),
};

/** Made once: each page of the list asks for it. */
const crowds = new Map<string, readonly Item[]>();

function crowdOf(kind: keyof typeof crowd, count: number): readonly Item[] {
  const key = `${count} ${kind}`;
  const known = crowds.get(key) ?? Array.from({ length: count }, (_, at) => ({ ...jobOf(at), ...crowd[kind](at) }));
  crowds.set(key, known);
  return known;
}

function hex(number: number, digits: number): string {
  return number.toString(16).padStart(digits, '0');
}

function later(value: unknown, seconds: number): unknown {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\dT/.test(value)) {
    return value;
  }
  return `${new Date(Date.parse(value) + seconds * 1000).toISOString().slice(0, 19)}Z`;
}
