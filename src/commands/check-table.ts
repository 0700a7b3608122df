/** The result of `check` for people: what is wrong, what is watched with which credentials, and of each target how it went. */
import type { Config } from '../config/config.ts';
import { formatProblem } from '../config/problems.ts';
import type { Checked } from './check-findings.ts';
import { failuresIn, type Outcome, type ProjectOutcome, type TargetOutcome, type Unread } from './outcome.ts';
import { type Cell, formatTable } from './table.ts';
import { type Palette, paletteOf, type Terminal } from './terminal.ts';

type Screen = Pick<Terminal, 'columns' | 'hasColours'>;

const KINDS = { service_account: 'service account', api_key: 'API key', access_token: 'access token' } as const;
/** Of those that fail alike, so many are named. */
const EXAMPLES = 5;

export function findingsAsText({ problems, warnings, config, file, webConfigFile }: Checked, screen: Screen): string {
  const { good, bad, warning } = paletteOf(screen);
  const told = [
    ...problems.map((problem) => formatProblem(problem)),
    ...warnings.map((text) => `${warning('warning')}: ${text}`),
  ].map((line) => `${line}\n`);
  if (problems.length > 0) return [...told, `\n${bad(count(problems.length, 'problem'))}\n`].join('');
  const looked = [file ?? 'the command line and the environment', ...(webConfigFile ? [webConfigFile] : [])];
  return [
    ...told,
    ...looked.map((what) => `${good('ok')}: ${what}\n`),
    ...(config ? [`\n${describeConfig(config, screen)}`] : []),
  ].join('');
}

function describeConfig(config: Config, { columns }: Screen): string {
  const { targets, discoveries, credentials } = config;
  const projects = new Set(targets.map(({ groupId }) => groupId)).size;
  const watched = [
    ...(targets.length > 0 ? [`${count(targets.length, 'cluster')} by name in ${count(projects, 'project')}`] : []),
    ...(discoveries.length > 0 ? [`every cluster of ${count(discoveries.length, 'project')}`] : []),
  ];
  const rows = credentials.flatMap((credential) => {
    const users = [...targets, ...discoveries].filter((one) => one.credential === credential.name).length;
    return Object.entries(credential.secrets).map(([slot, { description }], index) =>
      [
        ...(index === 0 ? [credential.name, KINDS[credential.kind], String(users)] : ['', '', '']),
        slot,
        description,
      ].map((text): Cell => ({ text })),
    );
  });
  const heads = [
    { title: 'CREDENTIAL' },
    { title: 'KIND' },
    { title: 'USED BY', align: 'right' },
    { title: 'SECRET' },
    { title: 'FROM', mayShrink: true },
  ] as const;
  return `Watches ${watched.join(' and ') || 'nothing'}.\n\n${formatTable(heads, rows, columns)}`;
}

/** A row per target and per project that could not be searched; what failed comes last, with what to do about it. */
export function outcomeAsText(outcome: Outcome, nowSeconds: number, screen: Screen): string {
  const palette = paletteOf(screen);
  const { targets, projects } = outcome;
  const rows = [
    ...targets.filter(({ failures }) => failures.length === 0).map((one) => rowOf(one, nowSeconds, palette)),
    ...targets.filter(({ failures }) => failures.length > 0).map((one) => rowOf(one, nowSeconds, palette)),
    ...projects.filter(({ failures }) => failures.length > 0).map((one) => projectRow(one, palette)),
  ];
  const heads = [
    { title: 'TARGET', mayShrink: true },
    { title: 'CREDENTIAL' },
    { title: 'RESULT' },
    { title: 'JOBS', align: 'right' },
    { title: 'PAGES', align: 'right' },
    { title: 'NEWEST SUCCESS', align: 'right' },
  ] as const;
  const empty = projects.filter(({ clusters, failures }) => clusters === 0 && failures.length === 0);
  return [
    '\n',
    formatTable(heads, rows, screen.columns),
    ...empty.map(
      ({ groupId }) => `\n${palette.warning('warning')}: no cluster to watch was found in project ${groupId}\n`,
    ),
    ...groupsOf(outcome).map((group) => `\n${describeGroup(group, palette)}`),
    `\n${verdict(outcome, palette)}\n`,
  ].join('');
}

function rowOf(target: TargetOutcome, nowSeconds: number, palette: Palette): readonly Cell[] {
  const { key, credential, jobs, pages, newestSuccessAtSeconds: newest, failures } = target;
  const age = newest === undefined ? 'none' : formatAge(nowSeconds - newest);
  return [
    { text: key },
    { text: credential },
    failures.length === 0 ? { text: 'ok', paint: palette.good } : resultCell(failures, palette),
    ...[jobs, pages].map((number): Cell => ({ text: number === undefined ? '' : String(number) })),
    { text: jobs === undefined ? '' : age },
  ];
}

function projectRow({ groupId, credential, failures }: ProjectOutcome, palette: Palette): readonly Cell[] {
  return [{ text: `${groupId} (all clusters)` }, { text: credential }, resultCell(failures, palette)];
}

function resultCell(failures: readonly Unread[], { bad }: Palette): Cell {
  const texts = failures.map(({ what, isPart, failure }) => (isPart ? `${what}: ${failure.reason}` : failure.reason));
  return { text: texts.join(', '), paint: bad };
}

interface Group extends Unread {
  readonly names: readonly string[];
}

/** Those that fail alike, the largest group first. */
function groupsOf({ targets, projects }: Outcome): readonly Group[] {
  const groups = new Map<string, Unread & { readonly names: string[] }>();
  const all = [
    ...targets.flatMap(({ key, failures }) => failures.map((failed) => ({ name: key, failed }))),
    ...projects.flatMap(({ groupId, failures }) => failures.map((failed) => ({ name: `project ${groupId}`, failed }))),
  ];
  for (const { name, failed } of all) {
    const { reason, problem, advice } = failed.failure;
    const key = JSON.stringify([failed.what, reason, problem, advice]);
    const group = groups.get(key) ?? { ...failed, names: [] };
    group.names.push(name);
    groups.set(key, group);
  }
  return [...groups.values()].sort((a, b) => b.names.length - a.names.length);
}

function describeGroup({ resource, failure, names }: Group, { bad, strong }: Palette): string {
  const { reason, problem, advice } = failure;
  const more = names.length > EXAMPLES ? [`and ${names.length - EXAMPLES} more`] : [];
  return [
    `${bad(reason)}: ${problem}; the ${resource} cannot be read (${names.length})`,
    `  ${strong('→')} ${advice}`,
    ...[...names.slice(0, EXAMPLES), ...more].map((name) => `    ${name}`),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

function verdict(outcome: Outcome, { good, bad }: Palette): string {
  const { length } = outcome.targets;
  const failures = failuresIn(outcome);
  if (failures === 0) return good(`All is well: ${count(length, 'cluster')} polled.`);
  const fine = outcome.targets.filter(({ failures }) => failures.length === 0).length;
  return bad(`${count(failures, 'failure')}. Fine: ${fine} of ${count(length, 'cluster')}.`);
}

const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
] as const;

/** In the largest unit of which there are two. */
export function formatAge(seconds: number): string {
  const [unit, size] = UNITS.find(([, one]) => seconds >= 2 * one) ?? ['s', 1];
  return `${Math.max(0, Math.floor(seconds / size))} ${unit} ago`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
