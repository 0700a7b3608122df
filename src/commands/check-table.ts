/** The result of `check` for people: problems, what is watched with which credentials, and the result of each target. */
import type { Finding, Target } from '../collectors/collector.ts';
import { rankOf, WORDS } from '../collectors/conditions.ts';
import { grouped } from '../collectors/folding.ts';
import type { Config } from '../config/config.ts';
import { formatProblem, type Problem } from '../config/problems.ts';
import { counted, span } from '../support/words.ts';
import { formatTable, forScreen, PAINT, type Terminal } from './command.ts';
import { failuresIn, type Outcome, type TargetOutcome, type Unread } from './poll-once.ts';

/** The problems of the config, its secret files and the web config file. */
export interface FileChecks {
  readonly problems: readonly Problem[];
  /** Warnings: what works but is risky. */
  readonly warnings: readonly string[];
  /** The config; absent if it has problems. */
  readonly config?: Config;
  /** Absolute paths. Absent if the config comes from flags and environment. */
  readonly configFiles?: readonly string[];
  /** Absolute path; absent if no web config file is given. */
  readonly webConfigFile?: string;
}

const { good, bad, warning, strong } = PAINT;

type Screen = Pick<Terminal, 'columns' | 'hasColours'>;

const KINDS = { service_account: 'service account', api_key: 'API key', access_token: 'access token' } as const;
/** Maximum number of targets that are named for one failure. */
const MOST_NAMED = 5;

export function fileChecksAsText(checks: FileChecks, screen: Screen): string {
  const { problems, warnings, config, configFiles, webConfigFile } = checks;
  const fine = (configFiles ?? ['the command line and the environment']).concat(webConfigFile ?? []);
  const lines = [
    ...problems.map((problem) => `${formatProblem(problem)}\n`),
    ...warnings.map((text) => `${warning('warning')}: ${text}\n`),
    ...(problems.length > 0
      ? [`\n${bad(counted(problems.length, 'problem'))}\n`]
      : [...fine.map((what) => `${good('ok')}: ${what}\n`), config ? `\n${describeConfig(config, screen)}` : '']),
  ];
  return forScreen(lines.join(''), screen);
}

function describeConfig(config: Config, { columns }: Screen): string {
  const { atlas, targets, discoveries, organizations = [], credentials } = config;
  const projectsOf = (some: readonly { readonly groupId: string }[]): string =>
    counted(new Set(some.map(({ groupId }) => groupId)).size, 'project');
  const watched = [
    ...(targets.length > 0 ? [`${counted(targets.length, 'named cluster')} in ${projectsOf(targets)}`] : []),
    ...(discoveries.length > 0 ? [`the clusters found in ${projectsOf(discoveries)}`] : []),
    ...[...new Set(organizations.map(({ credential }) => credential))].map(
      (name) => `the clusters found in the projects that ${name} can see`,
    ),
  ];
  const rows = credentials.flatMap(({ name, kind, secrets }) => {
    const uses = [...targets, ...discoveries, ...organizations].filter(({ credential }) => credential === name).length;
    return Object.entries(secrets).map(([slot, { description }], index) => {
      return [...(index === 0 ? [name, KINDS[kind], uses] : ['', '', '']), slot, description];
    });
  });
  const proxy = atlas.proxy ? `Requests to Atlas go through the proxy ${atlas.proxy.address}.\n` : '';
  return `Watches ${watched.join(' and ') || 'nothing'}.\n${proxy}\n${formatTable(CREDENTIAL_COLUMNS, rows, columns)}`;
}

const CREDENTIAL_COLUMNS = {
  CREDENTIAL: 'left',
  KIND: 'left',
  'USED BY': 'right',
  SECRET: 'left',
  FROM: 'shrink',
} as const;

/** First what could not be read, then what is wrong, each with advice. Fine targets are only counted unless `isAll`. */
export function outcomeAsText(outcome: Outcome, nowSeconds: number, isAll: boolean, screen: Screen): string {
  const { targets, projects, listings, rules, warnings } = outcome;
  const wrong = targets.filter(needsAttention).sort((a, b) => rankOfOutcome(a) - rankOfOutcome(b));
  const fine = targets.filter((target) => !needsAttention(target));
  const rows = [
    ...[...listings.map((listing) => ({ ...listing, groupId: '(all)' })), ...projects]
      .filter(({ failures }) => failures.length > 0)
      .map(({ groupId, credential, failures }) => {
        return ['(all)', groupId, credential, bad(failures.map(failureWords).join(', '))];
      }),
    ...[...wrong, ...(isAll ? fine : [])].map((target) => rowOf(target, nowSeconds)),
  ];
  const clusters = counted(targets.length, 'cluster');
  const failures = failuresIn(outcome);
  const hint = isAll || fine.length === 0 ? '' : ` --all lists ${fine.length === 1 ? 'it' : 'them'}.`;
  const failed = failures > 0 ? `${counted(failures, 'failure')}. ` : '';
  const attention = `${failed}To look at: ${counted(wrong.length, 'cluster')}. Fine: ${fine.length} of ${clusters}.${hint}`;
  const ruleRows = rules.map((rule) => [rule.place, rule.projects, rule.clusters]);
  const parts = [
    rows.length > 0 ? `\n${formatTable(TARGET_COLUMNS, rows, screen.columns)}` : '',
    ...(warnings.length > 0 ? ['\n'] : []),
    ...warnings.map((text) => `${warning('warning')}: ${text}\n`),
    rules.length > 0 ? `\n${formatTable(RULE_COLUMNS, ruleRows, screen.columns)}` : '',
    ...groupsOf(outcome).map((group) => `\n${describeGroup(group)}`),
    failures > 0 || wrong.length > 0
      ? `\n${(failures > 0 ? bad : warning)(attention)}\n`
      : `\n${good(`All is well: ${clusters} polled.${hint}`)}\n`,
  ];
  return forScreen(parts.join(''), screen);
}

const TARGET_COLUMNS = {
  CLUSTER: 'shrink',
  PROJECT: 'shrink',
  CREDENTIAL: 'left',
  RESULT: 'left',
  JOBS: 'right',
  PAGES: 'right',
  'NEWEST SUCCESS': 'right',
} as const;
const RULE_COLUMNS = { 'ENTRY OF THE CONFIG': 'shrink', PROJECTS: 'right', CLUSTERS: 'right' } as const;

/** What is wrong with the exports; what could not be read is in `failures`. */
function problemsOf({ findings }: TargetOutcome): readonly Finding[] {
  return findings.filter(
    ({ condition }) => WORDS[condition].level !== 'calm' && condition !== 'unreachable' && condition !== 'unread',
  );
}

function needsAttention(target: TargetOutcome): boolean {
  return target.failures.length > 0 || problemsOf(target).length > 0;
}

function rankOfOutcome(target: TargetOutcome): number {
  const [main] = problemsOf(target);
  return target.failures.length > 0 || main === undefined ? -1 : rankOf(main.condition);
}

function rowOf(outcome: TargetOutcome, nowSeconds: number): readonly (string | number)[] {
  const { target, read, newestSuccessAtSeconds: newest, failures } = outcome;
  const problems = problemsOf(outcome);
  const isBad = failures.length > 0 || problems.some(({ condition }) => WORDS[condition].level === 'trouble');
  const texts = [...failures.map(failureWords), ...problems.map(labelOf)].join(', ');
  const result = texts === '' ? good('ok') : (isBad ? bad : warning)(texts);
  const age = newest === undefined ? 'none' : `${span(nowSeconds - newest)} ago`;
  const row = [target.clusterName, target.projectName || target.groupId, target.credential, result];
  return read ? [...row, read.items, read.pages, age] : row;
}

function failureWords({ what, isPart, failure }: Unread): string {
  return isPart ? `${what}: ${failure.reason}` : failure.reason;
}

function labelOf({ condition }: Finding): string {
  return WORDS[condition].label.toLowerCase();
}

/** What is wrong with one target, and what to do about it. */
interface Cause {
  readonly title: string;
  readonly advice?: string | undefined;
  readonly name: string;
}

/** Failures first, the largest group first; then what is wrong with the exports, the most urgent first. */
function groupsOf({ targets, projects, listings }: Outcome): readonly (readonly Cause[])[] {
  const unread = [
    ...listings.map(({ credential, failures }) => ({ name: `credential ${credential}`, failures })),
    ...projects.map(({ groupId, failures }) => ({ name: `project ${groupId}`, failures })),
    ...targets.map(({ target, failures }) => ({ name: nameOf(target), failures })),
  ].flatMap(({ name, failures }) =>
    failures.map(({ resource, failure: { reason, problem, advice } }) => {
      return { title: `${bad(reason)}: the ${resource} cannot be read: ${problem}`, advice, name };
    }),
  );
  const empty = projects
    .filter(({ clusters, failures }) => clusters === 0 && failures.length === 0)
    .map(({ groupId }) => ({ title: warning('no cluster to watch was found'), name: `project ${groupId}` }));
  const wrong = targets
    .flatMap((outcome) => problemsOf(outcome).map((finding) => ({ ...finding, name: nameOf(outcome.target) })))
    .sort((a, b) => rankOf(a.condition) - rankOf(b.condition))
    .map(({ name, ...finding }) => ({
      title: (WORDS[finding.condition].level === 'trouble' ? bad : warning)(labelOf(finding)),
      advice: finding.advice,
      name: `${name}: ${finding.problem ?? ''}`,
    }));
  return [...byCause(unread).toSorted((a, b) => b.length - a.length), ...byCause([...empty, ...wrong])];
}

function byCause(causes: readonly Cause[]): readonly (readonly Cause[])[] {
  return [...grouped(causes, ({ title, advice }) => JSON.stringify([title, advice])).values()];
}

function nameOf({ key, projectName }: Target): string {
  return projectName === '' ? key : `${key} (${projectName})`;
}

function describeGroup(group: readonly Cause[]): string {
  const [first] = group;
  const rest = group.length - MOST_NAMED;
  return [
    `${first?.title} (${group.length})\n`,
    first?.advice === undefined ? '' : `  ${strong('→')} ${first.advice}\n`,
    ...group.slice(0, MOST_NAMED).map(({ name }) => `    ${name}\n`),
    ...(rest > 0 ? [`    and ${rest} more\n`] : []),
  ].join('');
}
