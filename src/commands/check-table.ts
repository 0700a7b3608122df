/** The result of `check` for people: problems, what is watched with which credentials, and the result of each target. */
import type { Config } from '../config/config.ts';
import type { ConfigFilePath } from '../config/load.ts';
import { formatProblem, type Problem } from '../config/problems.ts';
import { counted, span } from '../support/words.ts';
import { type Cell, formatTable, type Palette, paletteOf, type Terminal } from './command.ts';
import { failuresIn, type Outcome, type ProjectOutcome, type TargetOutcome, type Unread } from './poll-once.ts';

/** The problems of the config, its secret files and the web config file. */
export interface FileChecks {
  readonly problems: readonly Problem[];
  /** Warnings: what works but is risky. */
  readonly warnings: readonly string[];
  /** The config; absent if it has problems. */
  readonly config?: Config;
  /** Absent if the config comes from flags and environment. */
  readonly configFiles?: readonly ConfigFilePath[];
  /** Absolute path; absent if no web config file is given. */
  readonly webConfigFile?: string;
}

type Screen = Pick<Terminal, 'columns' | 'hasColours'>;

const KINDS = { service_account: 'service account', api_key: 'API key', access_token: 'access token' } as const;
/** Maximum number of targets that are named for one failure. */
const MOST_NAMED = 5;

export function fileChecksAsText(checks: FileChecks, screen: Screen): string {
  const { problems, warnings, config, configFiles, webConfigFile } = checks;
  const { good, bad, warning } = paletteOf(screen);
  const files = configFiles?.map(({ path }) => path) ?? ['the command line and the environment'];
  const fine = [...files, ...(webConfigFile ? [webConfigFile] : [])];
  return [
    ...problems.map((problem) => `${formatProblem(problem)}\n`),
    ...warnings.map((text) => `${warning('warning')}: ${text}\n`),
    ...(problems.length > 0
      ? [`\n${bad(counted(problems.length, 'problem'))}\n`]
      : [...fine.map((what) => `${good('ok')}: ${what}\n`), config ? `\n${describeConfig(config, screen)}` : '']),
  ].join('');
}

function describeConfig({ atlas, targets, discoveries, credentials }: Config, { columns }: Screen): string {
  const projects = new Set(targets.map(({ groupId }) => groupId)).size;
  const watched = [
    ...(targets.length > 0 ? [`${counted(targets.length, 'cluster')} by name in ${counted(projects, 'project')}`] : []),
    ...(discoveries.length > 0 ? [`every cluster of ${counted(discoveries.length, 'project')}`] : []),
  ];
  const rows = credentials.flatMap(({ name, kind, secrets }) => {
    const uses = [...targets, ...discoveries].filter(({ credential }) => credential === name).length;
    return Object.entries(secrets).map(([slot, { description }], index) => {
      const own = index === 0 ? [name, KINDS[kind], String(uses)] : ['', '', ''];
      return [...own, slot, description].map((text): Cell => ({ text }));
    });
  });
  const heads = [
    { title: 'CREDENTIAL' },
    { title: 'KIND' },
    { title: 'USED BY', align: 'right' },
    { title: 'SECRET' },
    { title: 'FROM', mayShrink: true },
  ] as const;
  const proxy = atlas.proxy ? `Requests to Atlas go through the proxy ${atlas.proxy.address}.\n` : '';
  return `Watches ${watched.join(' and ') || 'nothing'}.\n${proxy}\n${formatTable(heads, rows, columns)}`;
}

/** A row for each target and each project that could not be discovered. Failures are last, followed by advice. */
export function outcomeAsText(outcome: Outcome, nowSeconds: number, screen: Screen): string {
  const palette = paletteOf(screen);
  const { targets, projects } = outcome;
  const isFine = ({ failures }: TargetOutcome | ProjectOutcome): boolean => failures.length === 0;
  const failed = targets.filter((target) => !isFine(target));
  const rows = [
    ...[...targets.filter(isFine), ...failed].map((target) => rowOf(target, nowSeconds, palette)),
    ...projects.filter((project) => !isFine(project)).map((project) => projectRow(project, palette)),
  ];
  const heads = [
    { title: 'TARGET', mayShrink: true },
    { title: 'CREDENTIAL' },
    { title: 'RESULT' },
    { title: 'JOBS', align: 'right' },
    { title: 'PAGES', align: 'right' },
    { title: 'NEWEST SUCCESS', align: 'right' },
  ] as const;
  const empty = projects.filter((project) => project.clusters === 0 && isFine(project));
  const failures = failuresIn(outcome);
  const clusters = counted(targets.length, 'cluster');
  return [
    '\n',
    formatTable(heads, rows, screen.columns),
    ...empty.map(
      ({ groupId }) => `\n${palette.warning('warning')}: no cluster to watch was found in project ${groupId}\n`,
    ),
    ...groupsOf(outcome).map((group) => `\n${describeGroup(group, palette)}`),
    failures === 0
      ? `\n${palette.good(`All is well: ${clusters} polled.`)}\n`
      : `\n${palette.bad(`${counted(failures, 'failure')}. Fine: ${targets.length - failed.length} of ${clusters}.`)}\n`,
  ].join('');
}

function rowOf(outcome: TargetOutcome, nowSeconds: number, palette: Palette): readonly Cell[] {
  const { target, read, newestSuccessAtSeconds: newest, failures } = outcome;
  const age = newest === undefined ? 'none' : `${span(nowSeconds - newest)} ago`;
  const numbers = read ? [String(read.items), String(read.pages), age] : [];
  return [
    { text: target.key },
    { text: target.credential },
    failures.length === 0 ? { text: 'ok', paint: palette.good } : resultCell(failures, palette),
    ...numbers.map((text): Cell => ({ text })),
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

/** Groups of targets with the same failure, the largest group first. */
function groupsOf({ targets, projects }: Outcome): readonly Group[] {
  const all = [
    ...targets.flatMap(({ target, failures }) => failures.map((unread) => ({ name: target.key, unread }))),
    ...projects.flatMap(({ groupId, failures }) => failures.map((unread) => ({ name: `project ${groupId}`, unread }))),
  ];
  const groups = new Map<string, Unread & { readonly names: string[] }>();
  for (const { name, unread } of all) {
    const { reason, problem, advice } = unread.failure;
    const key = JSON.stringify([unread.what, reason, problem, advice]);
    const group = groups.get(key) ?? { ...unread, names: [] };
    group.names.push(name);
    groups.set(key, group);
  }
  return [...groups.values()].sort((a, b) => b.names.length - a.names.length);
}

function describeGroup({ resource, failure, names }: Group, { bad, strong }: Palette): string {
  const { reason, problem, advice } = failure;
  const rest = names.length - MOST_NAMED;
  return [
    `${bad(reason)}: ${problem}; the ${resource} cannot be read (${names.length})\n`,
    `  ${strong('→')} ${advice}\n`,
    ...names.slice(0, MOST_NAMED).map((name) => `    ${name}\n`),
    ...(rest > 0 ? [`    and ${rest} more\n`] : []),
  ].join('');
}
