/**
 * What has to fit together: intervals with each other, targets with credentials and with each other. Like the checks of
 * credentials it works on what the file says, whatever else is wrong with it.
 */
import { formatDuration, parseDuration } from './duration.ts';
import type { Locate } from './positions.ts';
import { looksSecret, type Problem, quote } from './problems.ts';
import { formatPath, type Item, itemsOf, mappingAt, type Path, valueAt } from './raw.ts';
import { ALL_CLUSTERS, CREDENTIAL_NAME, DEFAULT_IDLE_INTERVAL_SECONDS } from './schema.ts';
import { nearest } from './suggestion.ts';

/** `credentials`: the names that targets may use. */
export function ruleProblems(config: unknown, credentials: readonly string[], locate: Locate): readonly Problem[] {
  const targets = itemsOf(config, 'targets');
  return [
    ...orderOfIntervals(config, locate),
    ...targets.flatMap((target) => credentialOf(target, credentials, locate)),
    ...repeatedPairs(targets, locate),
    ...repeatedDiscoveries(targets, locate),
    ...targets.flatMap((target) => discoveryKeys(target, locate)),
  ];
}

export function credentialNames(config: unknown): readonly string[] {
  if (mappingAt(config)?.['credentials'] === undefined) return ['default'];
  const names = itemsOf(config, 'credentials').map(({ value: { name } }) => name);
  // What is no name may be anything, so it is not told to anyone either.
  return [...new Set(names)]
    .filter((name): name is string => typeof name === 'string')
    .filter((name) => CREDENTIAL_NAME.test(name) && !looksSecret(name));
}

function orderOfIntervals(config: unknown, locate: Locate): readonly Problem[] {
  const path = (key: string): Path => ['polling', key];
  const seconds = (key: string, otherwise: number): number => {
    const text = valueAt(config, path(key));
    const parsed = typeof text === 'string' ? parseDuration(text) : undefined;
    return parsed !== undefined && 'seconds' in parsed ? parsed.seconds : otherwise;
  };
  const interval = seconds('interval', 60);
  const idle = seconds('idle_interval', Math.max(interval, DEFAULT_IDLE_INTERVAL_SECONDS));
  const shorter = (key: string, than: string, thanSeconds: number): Problem => ({
    ...locate(path(key), 'value'),
    message: `polling.${key}: is shorter than ${than} (${formatDuration(thanSeconds)}): make it the same or longer`,
  });
  if (idle < interval) return [shorter('idle_interval', 'interval', interval)];
  if (seconds('max_stale', Number.POSITIVE_INFINITY) < idle) return [shorter('max_stale', 'idle_interval', idle)];
  return [];
}

function credentialOf({ path, value }: Item, known: readonly string[], locate: Locate): readonly Problem[] {
  const name = value['credential'];
  const at = [...path, 'credential'];
  // Where no credential is readable, that is the problem, and not the targets.
  if (known.length === 0) return [];
  if (name === undefined && known.length > 1) {
    const message = `${formatPath(at)}: is missing: there are several credentials (${known.join(', ')})`;
    return [{ ...locate(path, 'value'), message }];
  }
  if (typeof name !== 'string' || known.includes(name)) return [];
  const meant = nearest(name, known);
  const hint = meant === undefined ? `the credentials are ${known.join(', ')}` : `did you mean ${meant}?`;
  const message = `${formatPath(at)}: no credential has the name ${quote(name)}: ${hint}`;
  return [{ ...locate(at, 'value'), message }];
}

function repeatedPairs(targets: readonly Item[], locate: Locate): readonly Problem[] {
  const firstLines = new Map<string, number>();
  return targets.flatMap(({ path, value: { group_id: groupId, clusters } }) => {
    if (typeof groupId !== 'string' || !Array.isArray(clusters)) return [];
    return clusters.flatMap((cluster: unknown, index): readonly Problem[] => {
      if (typeof cluster !== 'string') return [];
      const at = [...path, 'clusters', index];
      const place = locate(at, 'value');
      const pair = `${groupId}/${cluster}`;
      const firstLine = firstLines.get(pair);
      if (firstLine !== undefined) {
        const message = `${formatPath(at)}: this cluster of this project is in line ${firstLine} too`;
        return [{ ...place, message }];
      }
      firstLines.set(pair, place.line);
      return [];
    });
  });
}

function repeatedDiscoveries(targets: readonly Item[], locate: Locate): readonly Problem[] {
  const firstLines = new Map<unknown, number>();
  return targets.flatMap(({ path, value: { group_id: groupId, clusters } }): readonly Problem[] => {
    if (typeof groupId !== 'string' || clusters !== ALL_CLUSTERS) return [];
    const at = [...path, 'clusters'];
    const place = locate(at, 'value');
    const firstLine = firstLines.get(groupId);
    if (firstLine === undefined) {
      firstLines.set(groupId, place.line);
      return [];
    }
    return [{ ...place, message: `${formatPath(at)}: all clusters of this project are in line ${firstLine} too` }];
  });
}

function discoveryKeys({ path, value }: Item, locate: Locate): readonly Problem[] {
  if (!Array.isArray(value['clusters'])) return [];
  return ['exclude', 'discovery_interval']
    .filter((key) => Object.hasOwn(value, key))
    .map((key) => {
      const at = [...path, key];
      return { ...locate(at, 'key'), message: `${formatPath(at)}: has a meaning only with clusters: all` };
    });
}
