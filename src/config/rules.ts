/**
 * Checks rules that involve several keys, and the secrets of each credential. It checks the file before the schema has
 * accepted it, so that all problems are reported together. Messages contain no secret.
 */
import type { Credential, CredentialKind, SecretSource } from '../atlas/auth/credentials.ts';
import { matchesGlob } from '../support/globs.ts';
import { formatDuration, looksPath, looksSecret, nearest, parseDuration, quote } from '../support/words.ts';
import { type Item, itemsOf, type Mapping, mappingAt, type Path, type Report } from './problems.ts';
import { DEFAULT_IDLE_INTERVAL_SECONDS, VARIABLE_NAME } from './schema.ts';
import { openSecret, type SecretForm, type SecretPlace } from './secrets.ts';
import { ALL, CREDENTIAL_NAME } from './target-schema.ts';

export function checkRules(config: Mapping, report: Report): void {
  checkIntervals(mappingAt(config, ['polling']) ?? {}, report);
  const credentials = credentialNames(config);
  const defaults = mappingAt(config, ['defaults']) ?? {};
  // If no credential has a valid name, only that is reported, and not the places that refer to credentials.
  const checkCredential = (item: Item): void => {
    if (credentials.length > 0) checkCredentialOf(item, credentials, report);
  };
  const hasDefault = defaults['credential'] !== undefined;
  if (hasDefault) checkCredential({ path: ['defaults'], value: defaults });
  for (const target of itemsOf(config, 'targets')) {
    checkProjects(target, report);
    checkClusters(target, report);
    if (!hasDefault || target.value['credential'] !== undefined) checkCredential(target);
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
  const tooShort = (key: string, than: string, thanSeconds: number): void =>
    report.add(
      ['polling', key],
      `is shorter than ${than} (${formatDuration(thanSeconds)}): make it the same or longer`,
    );
  if (idle < interval) tooShort('idle_interval', 'interval', interval);
  else if (seconds('max_stale', Number.POSITIVE_INFINITY) < idle) tooShort('max_stale', 'idle_interval', idle);
}

const PROJECT_KEYS = ['include_projects', 'exclude_projects'];

function checkProjects({ path, value }: Item, report: Report): void {
  const { group_id: groupId, projects, clusters } = value;
  if (projects === undefined) {
    const others = ['clusters', 'include', 'exclude', ...PROJECT_KEYS];
    if (groupId === undefined && !isMisspelt(value, ['group_id', 'projects'], others)) {
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
  const message = (where: string) => `the same projects and clusters are in ${where} too`;
  report.addIfRepeated(`projects ${JSON.stringify(selection)}`, [...path, 'projects'], message);
}

/** Each cluster of a project may be listed once, and all clusters of a project once for each `include`. */
function checkClusters({ path, value }: Item, report: Report): void {
  const { group_id: groupId, clusters, include = [] } = value;
  const check = (cluster: unknown, at: Path, what: string): void => {
    if (typeof groupId !== 'string' || typeof cluster !== 'string') return;
    report.addIfRepeated(`${groupId}/${cluster}`, at, (where) => `${what} already listed in ${where}`);
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

export const SLOTS: Readonly<Record<CredentialKind, readonly string[]>> = {
  service_account: ['client_id', 'client_secret'],
  api_key: ['public_key', 'private_key'],
  access_token: ['access_token'],
};

const KINDS = Object.keys(SLOTS) as readonly CredentialKind[];
const SUFFIXES: Readonly<Record<SecretForm, string>> = { inline: '', file: '_file', env: '_env' };
const FORMS = Object.keys(SUFFIXES) as readonly SecretForm[];

/** @returns one for each credential of the file, in its order; complete only if nothing was reported */
export async function checkCredentials(
  config: Mapping,
  placeOf: (path: Path) => SecretPlace,
  report: Report,
): Promise<readonly Credential[]> {
  const found = itemsOf(config, 'credentials').map(async ({ path, value }) => {
    const name = String(value['name']);
    if (typeof value['name'] === 'string') {
      const message = (where: string) => `the credential in ${where} has this name too`;
      report.addIfRepeated(`credential ${name}`, [...path, 'name'], message);
    }
    return { name, ...(await checkKind({ path, value }, placeOf(path), report)) };
  });
  return await Promise.all(found);
}

async function checkKind(item: Item, place: SecretPlace, report: Report): Promise<Omit<Credential, 'name'>> {
  const kinds = KINDS.filter((kind) =>
    kind === 'access_token' ? formsIn(item.value, kind).length > 0 : Object.hasOwn(item.value, kind),
  );
  const secrets: Record<string, SecretSource> = {};
  for (const kind of kinds) {
    // The two secrets of a pair are below the key of the kind; a token is directly in the credential.
    const path = kind === 'access_token' ? item.path : [...item.path, kind];
    const value = kind === 'access_token' ? item.value : mappingAt(item.value[kind]);
    // If there are no keys below the kind, the schema says so.
    for (const slot of value === undefined ? [] : SLOTS[kind]) {
      const source = await checkSlot(slot, { path, value: value ?? {} }, place, report);
      if (source !== undefined) secrets[slot] = source;
    }
  }
  const [kind = 'access_token', ...others] = kinds;
  if (kinds.length === 0 && !isMisspelt(item.value, [...KINDS, ...formsOf('access_token')], ['name', 'expires_at']))
    report.add(item.path, 'has no secret: give it service_account, api_key or access_token_file');
  if (others.length > 0) report.add(item.path, `has ${kinds.join(' and ')}: keep one of them`);
  return { kind, secrets };
}

async function checkSlot(
  slot: string,
  { path, value }: Item,
  place: SecretPlace,
  report: Report,
): Promise<SecretSource | undefined> {
  const [form, other] = formsIn(value, slot);
  if (form === undefined) {
    const others = Object.values(SLOTS).flat().flatMap(formsOf);
    if (isMisspelt(value, formsOf(slot), others)) return undefined;
    report.add(path, `${slot} is missing: give ${slot}_file, ${slot}_env or ${slot}`);
    return undefined;
  }
  const key = slot + SUFFIXES[form];
  if (other !== undefined) {
    report.add([...path, slot + SUFFIXES[other]], `${key} is given too: keep one of them`, 'key');
    return undefined;
  }
  const text = value[key];
  // If the text is of the wrong form, the schema says so.
  if (typeof text !== 'string' || text === '' || (form === 'env' && !VARIABLE_NAME.test(text))) return undefined;
  const { source, check } = openSecret(form, text, { ...place, slot });
  const checked = await check();
  const isNamed = form === 'file' && looksPath(text);
  if ('problem' in checked) {
    report.add([...path, key], isNamed ? `${source.description}: ${checked.problem}` : checked.problem);
  }
  return source;
}

/** The forms in which a secret is given. Exactly one is valid. */
function formsIn(holder: Mapping, slot: string): readonly SecretForm[] {
  return FORMS.filter((form) => holder[slot + SUFFIXES[form]] !== undefined);
}

function formsOf(slot: string): readonly string[] {
  return Object.values(SUFFIXES).map((suffix) => slot + suffix);
}

/** Whether one of the keys is misspelt: then the schema reports an unknown key, and the missing one is not reported too. */
function isMisspelt(holder: Mapping, keys: readonly string[], others: readonly string[]): boolean {
  return Object.keys(holder).some((key) => !others.includes(key) && nearest(key, keys) !== undefined);
}
