/** Reads the imports of src and checks the import rules of docs/architecture.md. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const SRC = resolve('src');

interface Import {
  readonly from: string;
  /** A file below src, or a package's name. */
  readonly to: string;
  readonly isOurs: boolean;
  readonly typesOnly: boolean;
  /** True for an import that is loaded on demand. */
  readonly isLate: boolean;
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.(ts|js)$/.test(file))
  .sort();
const imports = files.flatMap(importsOf);

function importsOf(from: string): Import[] {
  const text = readFileSync(join(SRC, from), 'utf8');
  const statements = text.matchAll(
    /^(?:import|export)\s+(type\s)?[^;]*?from\s+'([^']+)'|^import\s+'([^']+)'|import\('([^']+)'\)/gm,
  );
  return [...statements].map(([, type, named, bare, dynamic]) => {
    const specifier = named ?? bare ?? dynamic ?? '';
    const isOurs = specifier.startsWith('.');
    const to = isOurs ? relative(SRC, resolve(SRC, dirname(from), specifier)) : specifier;
    return { from, to, isOurs, typesOnly: type !== undefined, isLate: dynamic !== undefined };
  });
}

const WORDS = 'support/words.ts';
const inFolder = (folder: string) => (file: string) => file.startsWith(`${folder}/`);
const show = ({ from, to }: Import) => `${from} imports ${to}`;

/** The imports of these files from src that are not allowed. */
function trespasses(who: (file: string) => boolean, may: (file: string, one: Import) => boolean): string[] {
  return imports.filter((one) => one.isOurs && who(one.from) && !may(one.to, one)).map(show);
}

describe('the walls of the source', () => {
  test('the scan finds the imports', () => {
    expect(files.length).toBeGreaterThan(40);
    expect(imports.length).toBeGreaterThan(files.length);
    expect(imports.map(show)).toContain('app/daemon.ts imports web/server.ts');
  });

  test.each([['support/runtime.ts'], ['atlas/error.ts']])('%s imports no other file of src', (file) => {
    expect(
      trespasses(
        (from) => from === file,
        () => false,
      ),
    ).toEqual([]);
  });

  test('the simulator imports no other folder and no package, so that it stays independent of the exporter', () => {
    expect(trespasses(inFolder('simulator'), inFolder('simulator'))).toEqual([]);
    const packages = imports.filter(
      ({ from, to, isOurs }) => inFolder('simulator')(from) && !isOurs && !to.startsWith('node:'),
    );
    expect(packages.map(show)).toEqual([]);
  });

  test('atlas/ imports only atlas/, the runtime and abortable.ts', () => {
    const tools = ['support/runtime.ts', 'support/abortable.ts'];
    expect(trespasses(inFolder('atlas'), (to) => inFolder('atlas')(to) || tools.includes(to))).toEqual([]);
  });

  test('collectors/ imports only collectors/, atlas/ and words', () => {
    const may = (to: string) => ['collectors', 'atlas'].some((folder) => inFolder(folder)(to)) || to === WORDS;
    expect(trespasses(inFolder('collectors'), may)).toEqual([]);
  });

  test('metrics/ imports only metrics/ and collectors/, and types of the runtime, polling/ and atlas/', () => {
    const may = (to: string, { typesOnly }: Import) =>
      inFolder('metrics')(to) ||
      inFolder('collectors')(to) ||
      ((to === 'support/runtime.ts' || inFolder('polling')(to) || inFolder('atlas')(to)) && typesOnly);
    expect(trespasses(inFolder('metrics'), may)).toEqual([]);
  });

  test('the scheduler imports only the runtime', () => {
    expect(
      trespasses(
        (from) => from === 'polling/scheduler.ts',
        (to) => to === 'support/runtime.ts',
      ),
    ).toEqual([]);
  });

  test('polling/ imports only polling/, collectors/, atlas/, the runtime, deadlines, patterns and the log', () => {
    const may = (to: string) =>
      ['polling', 'collectors', 'atlas'].some((folder) => inFolder(folder)(to)) ||
      ['support/runtime.ts', 'support/abortable.ts', 'support/log.ts', 'support/globs.ts'].includes(to);
    expect(trespasses(inFolder('polling'), may)).toEqual([]);
  });

  test('polling/ knows no collector: from collectors/ it imports only types and collector.ts', () => {
    const seam = ['collectors/collector.ts', 'collectors/findings.ts'];
    const may = (to: string, { typesOnly }: Import) => !inFolder('collectors')(to) || typesOnly || seam.includes(to);
    expect(trespasses(inFolder('polling'), may)).toEqual([]);
  });

  test('web/ imports web/, collectors/ and words, and types of the folders to its left', () => {
    const left = ['support', 'atlas', 'polling', 'metrics'];
    const may = (to: string, { typesOnly }: Import) =>
      inFolder('web')(to) ||
      inFolder('collectors')(to) ||
      to === WORDS ||
      (typesOnly && left.some((folder) => inFolder(folder)(to)));
    expect(trespasses(inFolder('web'), may)).toEqual([]);
  });

  test('config/ imports config/, support/ and the types of what it configures', () => {
    const may = (to: string, { typesOnly }: Import) =>
      ['config', 'support'].some((folder) => inFolder(folder)(to)) || typesOnly || to === 'collectors/index.ts';
    expect(trespasses(inFolder('config'), may)).toEqual([]);
  });

  test('modules that not every command needs are loaded on demand: --help and health load no package', () => {
    const loaded = new Set(['app/program.ts']);
    for (const file of loaded)
      for (const { from, to, typesOnly, isLate } of imports) if (from === file && !typesOnly && !isLate) loaded.add(to);
    const packages = [...loaded].filter((name) => !name.endsWith('.ts') && !name.startsWith('node:'));
    expect(packages).toEqual([]);
    expect(
      trespasses(
        (from) => from === 'commands/health.ts',
        (to, { typesOnly }) => typesOnly || loaded.has(to),
      ),
    ).toEqual([]);
  });

  test('only the program imports commands/', () => {
    const importers = imports.filter(({ to, from }) => inFolder('commands')(to) && !inFolder('commands')(from));
    expect(new Set(importers.map(({ from }) => from))).toEqual(new Set(['app/program.ts']));
  });

  test('only the top folder and commands/ combine parts of different folders', () => {
    const isComposing = (file: string) => inFolder('app')(file) || inFolder('commands')(file);
    const makers = ['atlas/atlas.ts', 'polling/polling.ts', 'polling/states.ts', 'metrics/page.ts', 'web/server.ts'];
    const users = imports.filter(({ from, to, typesOnly }) => makers.includes(to) && !typesOnly && !isComposing(from));
    // Within a folder its parts may use each other.
    const foreign = users.filter(({ from, to }) => from.split('/')[0] !== to.split('/')[0]);
    expect(foreign.map(show)).toEqual([]);
  });

  test('the log and the redaction import nothing else from src', () => {
    expect(
      trespasses(
        (from) => ['support/log.ts', 'support/redaction.ts'].includes(from),
        () => false,
      ),
    ).toEqual([]);
  });

  test.each([
    ['got', /^atlas\/http\//],
    ['p-retry', /^atlas\/client\.ts$/],
    ['prom-client', /^metrics\//],
    ['express', /^web\//],
    ['pino', /^support\/log\.ts$/],
    ['zod', /^config\//],
    ['yaml', /^config\//],
    ['negotiator', /^web\//],
    ['bcryptjs', /^web\/guards\/bcrypt-worker\.js$/],
  ])('%s has one door', (name, door) => {
    const importers = imports.filter(({ to }) => to === name || to.startsWith(`${name}/`)).map(({ from }) => from);
    expect(importers).not.toEqual([]);
    expect(importers.filter((from) => !door.test(from))).toEqual([]);
  });

  test('every package that is imported is a dependency, and the other way round', () => {
    const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      dependencies: Record<string, string>;
    };
    const used = new Set(
      imports.filter(({ to, isOurs }) => !isOurs && !to.startsWith('node:')).map(({ to }) => to.split('/')[0]),
    );
    expect(used).toEqual(new Set(Object.keys(dependencies)));
  });

  test.each([
    ['process', /\bprocess\./, /^(main|app\/program)\.ts$/],
    ['a default export', /^export default/m, /^$/],
    ['a class that extends one of ours', /class \w+ extends (?!Error\b)/, /^$/],
    [
      'the system’s clock or chance',
      /\bDate\.now\(|\bMath\.random\b|performance\.now\(/,
      /^(support\/runtime\.ts|simulator\/)/,
    ],
  ])('%s is found in its place only', (_what, pattern, place) => {
    const found = files.filter((file) => pattern.test(readFileSync(join(SRC, file), 'utf8')));
    expect(found.filter((file) => !place.test(file))).toEqual([]);
  });

  test('no file has more than 300 lines', () => {
    const lines = files.map((file) => ({ file, lines: readFileSync(join(SRC, file), 'utf8').split('\n').length - 1 }));
    expect(lines.filter((one) => one.lines > 300)).toEqual([]);
  });

  test('no import is only for its side effect, and there is no import cycle, not even of types', () => {
    const bare = files.filter((file) => /^import '/m.test(readFileSync(join(SRC, file), 'utf8')));
    expect(bare).toEqual([]);
    const edges = new Map(
      files.map((file) => [file, imports.filter((one) => one.from === file && one.isOurs).map(({ to }) => to)]),
    );
    const circles: string[] = [];
    const done = new Set<string>();
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' → '));
      else if (!done.has(file)) for (const next of edges.get(file) ?? []) visit(next, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
    expect(circles).toEqual([]);
  });
});

test('docs/architecture.md names exactly the folders of the source', () => {
  const text = readFileSync('docs/architecture.md', 'utf8');
  const named = [...text.matchAll(/^\| `([\w/]+)\/` \|/gm)].map(([, folder = '']) => folder);
  const folders = new Set(files.map((file) => dirname(file)).filter((folder) => folder !== '.'));
  expect(named.toSorted()).toEqual([...folders].toSorted());
});
