/**
 * Checks what has to fit together: intervals with each other, targets with credentials and with each other. It works on the
 * file before the schema has passed it, so that every problem is reported at once.
 */
import { nearest } from './nearest.ts';
import { looksSecret, quote, type Report } from './problems.ts';
import { ALL_CLUSTERS, CREDENTIAL_NAME, DEFAULT_IDLE_INTERVAL_SECONDS } from './schema.ts';
import { formatDuration, parseDuration } from './time.ts';
import { type Item, itemsOf, mappingAt, valueAt } from './untyped-yaml.ts';

export function checkRules(config: unknown, report: Report): void {
  const targets = itemsOf(config, 'targets');
  checkIntervals(config, report);
  checkClusters(targets, report);
  const credentials = credentialNames(config);
  for (const target of targets) {
    // If no name of a credential is valid, that is the problem, and not the targets.
    if (credentials.length > 0) checkCredentialOf(target, credentials, report);
  }
}

function checkIntervals(config: unknown, report: Report): void {
  const seconds = (key: string, otherwise: number): number => {
    const text = valueAt(config, ['polling', key]);
    const duration = typeof text === 'string' ? parseDuration(text) : { value: otherwise };
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
function checkClusters(targets: readonly Item[], report: Report): void {
  const firstLines = new Map<string, number>();
  function check(key: string, path: Item['path'], repeated: (line: number) => string): void {
    const firstLine = firstLines.get(key);
    if (firstLine === undefined) firstLines.set(key, report.lineOf(path));
    else report.add(path, repeated(firstLine));
  }
  for (const { path, value } of targets) {
    const { group_id: groupId, clusters } = value;
    const at = [...path, 'clusters'];
    if (Array.isArray(clusters)) {
      for (const key of ['exclude', 'discovery_interval']) {
        if (Object.hasOwn(value, key)) report.add([...path, key], 'has an effect only with clusters: all', 'key');
      }
    }
    if (typeof groupId !== 'string') continue;
    if (clusters === ALL_CLUSTERS) {
      check(groupId, at, (line) => `all clusters of this project are already listed in line ${line}`);
    }
    for (const [index, cluster] of (Array.isArray(clusters) ? clusters : []).entries()) {
      const repeated = (line: number) => `this cluster of this project is already listed in line ${line}`;
      if (typeof cluster === 'string') check(`${groupId}/${cluster}`, [...at, index], repeated);
    }
  }
}

function credentialNames(config: unknown): readonly string[] {
  if (mappingAt(config)?.['credentials'] === undefined) return ['default'];
  const names = itemsOf(config, 'credentials').map(({ value: { name } }) => name);
  // What is not a valid name may be a secret, so no message may repeat it.
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
