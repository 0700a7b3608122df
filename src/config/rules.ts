/**
 * Checks rules that involve several keys. It checks the file before the schema has accepted it, so that all problems
 * are reported together. Messages contain no secret.
 */
import { matchesGlob } from '../support/globs.ts';
import { formatDuration, looksSecret, nearest, parseDuration, quote } from '../support/words.ts';
import { type Item, itemsOf, type Mapping, mappingAt, type Path, type Report } from './problems.ts';
import { DEFAULT_IDLE_INTERVAL_SECONDS } from './schema.ts';
import { ALL, CREDENTIAL_NAME } from './target-schema.ts';

export function checkRules(config: Mapping, report: Report): void {
  checkIntervals(mappingAt(config, ['polling']) ?? {}, report);
  const credentials = credentialNames(config);
  const defaults = mappingAt(config, ['defaults']) ?? {};
  const hasDefault = defaults['credential'] !== undefined;
  if (hasDefault) checkCredential({ path: ['defaults'], value: defaults }, credentials, report);
  for (const target of itemsOf(config, 'targets')) {
    checkProjects(target, report);
    checkClusters(target, report);
    if (!hasDefault || target.value['credential'] !== undefined) checkCredential(target, credentials, report);
    checkOverrides(target, report);
  }
}

function checkIntervals(polling: Mapping, report: Report): void {
  const seconds = (key: string, otherwise: number): number => {
    const duration = parseDuration(String(polling[key]));
    return 'value' in duration ? duration.value : otherwise;
  };
  const interval = seconds('interval', 60);
  const idle = seconds('idle_interval', Math.max(interval, DEFAULT_IDLE_INTERVAL_SECONDS));
  const tooShort = (key: string, than: string, least: number): void =>
    report.add(['polling', key], `is shorter than ${than} (${formatDuration(least)}): make it the same or longer`);
  if (idle < interval) tooShort('idle_interval', 'interval', interval);
  else if (seconds('max_stale', idle) < idle) tooShort('max_stale', 'idle_interval', idle);
}

const PROJECT_KEYS = ['include_projects', 'exclude_projects'];

function checkProjects({ path, value }: Item, report: Report): void {
  const { group_id: groupId, projects, clusters } = value;
  if (projects === undefined) {
    if (groupId === undefined && !report.isMisspelt(path, ['group_id', 'projects'])) {
      report.add([...path, 'group_id'], 'is missing; for every project write projects: all');
    }
    for (const key of PROJECT_KEYS) {
      if (Object.hasOwn(value, key)) report.add([...path, key], 'has an effect only with projects: all', 'key');
    }
    return;
  }
  if (groupId !== undefined) report.add([...path, 'projects'], 'group_id is given too: keep one of them', 'key');
  if (clusters !== undefined && clusters !== ALL) {
    report.add([...path, 'clusters'], 'must be all, because the target has projects: all');
  }
  const selection = ['credential', ...PROJECT_KEYS, 'include', 'exclude'].map((key) => value[key]);
  const what = 'the same projects and clusters are';
  report.addIfRepeated(`projects ${JSON.stringify(selection)}`, [...path, 'projects'], what);
}

/** Each cluster of a project may be listed once, and all clusters of a project once for each `include`. */
function checkClusters({ path, value }: Item, report: Report): void {
  const { group_id: groupId, clusters, include = [] } = value;
  const check = (cluster: unknown, at: Path, what: string): void => {
    if (typeof groupId !== 'string' || typeof cluster !== 'string') return;
    report.addIfRepeated(`${groupId}/${cluster}`, at, what);
  };
  if (clusters === ALL) {
    check(`*${JSON.stringify(include)}`, [...path, 'clusters'], 'all clusters of this project are');
  }
  if (!Array.isArray(clusters)) return;
  for (const key of ['include', 'exclude', 'discovery_interval']) {
    if (Object.hasOwn(value, key)) report.add([...path, key], 'has an effect only with clusters: all', 'key');
  }
  for (const [index, cluster] of clusters.entries()) {
    check(cluster, [...path, 'clusters', index], 'this cluster of this project is');
  }
}

/** Warns of each override that matches none of the clusters. For `clusters: all`, the discovery finds out. */
function checkOverrides({ path, value }: Item, report: Report): void {
  const { clusters } = value;
  if (!Array.isArray(clusters)) return;
  for (const { path: at, value: override } of itemsOf(value, 'overrides')) {
    const match = String(override['match']);
    if (clusters.some((name) => matchesGlob(match, String(name)))) continue;
    report.warn([...path, ...at, 'match'], `${quote(match)} never counts: it matches none of the clusters`);
  }
}

function credentialNames(config: Mapping): readonly string[] {
  if (config['credentials'] === undefined) return ['default'];
  const names = new Set(itemsOf(config, 'credentials').map(({ value: { name } }) => name));
  // A text that is not a valid name may be a secret, so messages must not repeat it.
  const isName = (name: unknown): name is string =>
    typeof name === 'string' && CREDENTIAL_NAME.test(name) && !looksSecret(name);
  return [...names].filter(isName);
}

function checkCredential({ path, value }: Item, known: readonly string[], report: Report): void {
  // If no credential has a valid name, only that is reported, and not the places that refer to credentials.
  if (known.length === 0) return;
  const name = value['credential'];
  const at = [...path, 'credential'];
  if (name === undefined && known.length > 1) {
    report.add(at, `is missing: there are several credentials (${known.join(', ')})`);
  }
  if (typeof name !== 'string' || known.includes(name)) return;
  const meant = nearest(name, known);
  const hint = meant === undefined ? `the credentials are ${known.join(', ')}` : `did you mean ${meant}?`;
  report.add(at, `no credential has the name ${quote(name)}: ${hint}`);
}
