/**
 * Checks rules that involve several keys: intervals with each other, targets with credentials, and targets with each
 * other. It checks the file before the schema has accepted it, so that all problems are reported together.
 */
import { type Item, itemsOf, type Mapping, mappingAt, type Path, type Report } from './problems.ts';
import { ALL_CLUSTERS, CREDENTIAL_NAME, DEFAULT_IDLE_INTERVAL_SECONDS } from './schema.ts';
import { formatDuration, parseDuration } from './values.ts';
import { looksSecret, nearest, quote } from './words.ts';

export function checkRules(config: Mapping, report: Report): void {
  checkIntervals(mappingAt(config, ['polling']) ?? {}, report);
  const credentials = credentialNames(config);
  for (const target of itemsOf(config, 'targets')) {
    checkClusters(target, report);
    // If no credential has a valid name, only that is reported, and not the targets that refer to credentials.
    if (credentials.length > 0) checkCredentialOf(target, credentials, report);
  }
}

function checkIntervals(polling: Mapping, report: Report): void {
  const seconds = (key: string, otherwise: number): number => {
    const duration = parseDuration(String(polling[key]));
    return 'value' in duration ? duration.value : otherwise;
  };
  const interval = seconds('interval', 60);
  const idle = seconds('idle_interval', Math.max(interval, DEFAULT_IDLE_INTERVAL_SECONDS));
  const tooShort = (key: string, than: string, thanSeconds: number): void =>
    report.add(
      ['polling', key],
      `is shorter than ${than} (${formatDuration(thanSeconds)}): make it the same or longer`,
    );
  if (idle < interval) tooShort('idle_interval', 'interval', interval);
  else if (seconds('max_stale', Number.POSITIVE_INFINITY) < idle) tooShort('max_stale', 'idle_interval', idle);
}

/** Each cluster of a project may be listed once, and all clusters of a project once. */
function checkClusters({ path, value }: Item, report: Report): void {
  const { group_id: groupId, clusters } = value;
  const check = (cluster: unknown, at: Path, what: string): void => {
    if (typeof groupId !== 'string' || typeof cluster !== 'string') return;
    report.addIfRepeated(`${groupId}/${cluster}`, at, (line) => `${what} already listed in line ${line}`);
  };
  if (clusters === ALL_CLUSTERS) check('*', [...path, 'clusters'], 'all clusters of this project are');
  if (!Array.isArray(clusters)) return;
  for (const key of ['exclude', 'discovery_interval']) {
    if (Object.hasOwn(value, key)) report.add([...path, key], 'has an effect only with clusters: all', 'key');
  }
  for (const [index, cluster] of clusters.entries()) {
    check(cluster, [...path, 'clusters', index], 'this cluster of this project is');
  }
}

function credentialNames(config: Mapping): readonly string[] {
  if (config['credentials'] === undefined) return ['default'];
  const names = itemsOf(config, 'credentials').map(({ value: { name } }) => name);
  // A text that is not a valid name may be a secret, so messages must not repeat it.
  return [...new Set(names)]
    .filter((name): name is string => typeof name === 'string')
    .filter((name) => CREDENTIAL_NAME.test(name) && !looksSecret(name));
}

function checkCredentialOf({ path, value }: Item, known: readonly string[], report: Report): void {
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
