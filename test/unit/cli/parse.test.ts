import { describe, expect, test } from '@jest/globals';
import { FLAGS, variableOf } from '../../../src/cli/flags.ts';
import { parseCommandLine } from '../../../src/cli/parse.ts';
import { parseShard } from '../../../src/cli/values.ts';

const PREFIX = 'MONGODBATLAS_BACKUP_EXPORTER_';
const SERVE = {
  autoReload: false,
  configFiles: [],
  targets: [],
  web: {
    listenAddresses: [{ port: 19017 }],
    telemetryPath: '/metrics',
    maxRequests: 40,
    allowedHosts: [],
    disableExporterMetrics: false,
    enableLifecycle: false,
  },
  log: { level: 'info', format: 'json' },
};
/** Where all flags of the command are. */
const LAST = /\nmongodbatlas-backup-exporter (?:([a-z]+) )?--help shows all flags\n$/;

function parse(args: readonly string[], env: Readonly<Record<string, string | undefined>> = {}) {
  return parseCommandLine(args, env, '1.2.3');
}

/** The lines of a usage error, without the last one, which says where to read on. */
function refusal(args: readonly string[], env: Readonly<Record<string, string>> = {}): readonly string[] {
  const line = parse(args, env);
  if (line.command !== 'exit' || line.code !== 2) throw new Error(`accepted: ${JSON.stringify(line)}`);
  expect(line.stdout).toBe('');
  expect(line.stderr).toMatch(LAST);
  return line.stderr.replace(LAST, '').split('\n');
}

test('a usage error names the help of its command', () => {
  const last = (...args: readonly string[]) => LAST.exec((parse(args) as { readonly stderr: string }).stderr)?.[1];
  expect([last('--format', 'json'), last('check', '--format', 'xml'), last('once', '--outptu')]).toEqual([
    undefined,
    'check',
    'once',
  ]);
});

test('without arguments it serves, with the defaults', () => {
  expect(parse([])).toEqual({ command: 'serve', flags: SERVE });
  expect(parse(['serve'])).toEqual({ command: 'serve', flags: SERVE });
});

test('the demo listens on this host only and logs warnings, for people', () => {
  expect(parse(['demo'])).toEqual({
    command: 'demo',
    flags: {
      speed: 60,
      seed: 1,
      web: { ...SERVE.web, listenAddresses: [{ host: '127.0.0.1', port: 19017 }] },
      log: { level: 'warn', format: 'logfmt' },
    },
  });
});

/** Each flag of serve, as in the environment. */
const TEXTS = {
  'config.file': 'a.yml',
  'config.auto-reload': 'true',
  'web.enable-lifecycle': '1',
  target: 'g/c, g/d',
  'web.listen-address': ':1,[::1]:0',
  'web.telemetry-path': '/a/b',
  'web.config.file': 'w.yml',
  'web.max-requests': '0',
  'web.allowed-hosts': 'exporter.example,[::1]',
  'web.disable-exporter-metrics': '1',
  'shard.index': '1',
  'shard.count': '3',
  'log.level': 'error',
  'log.format': 'logfmt',
};
const PARSED = {
  command: 'serve',
  flags: {
    configFiles: ['a.yml'],
    autoReload: true,
    targets: ['g/c', 'g/d'],
    shard: { index: 1, count: 3 },
    web: {
      listenAddresses: [{ port: 1 }, { host: '::1', port: 0 }],
      telemetryPath: '/a/b',
      configFile: 'w.yml',
      maxRequests: 0,
      allowedHosts: ['exporter.example', '[::1]'],
      disableExporterMetrics: true,
      enableLifecycle: true,
    },
    log: { level: 'error', format: 'logfmt' },
  },
};

test('serve accepts all its flags, with and without its name', () => {
  const flags = Object.entries(TEXTS).flatMap(([name, text]) => {
    if (/auto-reload|enable-|disable-/.test(name)) return [`--${name}`];
    return text.split(',').flatMap((one) => [`--${name}`, one.trim()]);
  });
  expect(parse(flags)).toEqual(PARSED);
  expect(parse(['serve', ...flags])).toEqual(PARSED);
});

test('the demo accepts all its flags', () => {
  expect(parse(['demo', '--speed', '0.1', '--seed', '7', '--web.listen-address', 'localhost:0'])).toMatchObject({
    command: 'demo',
    flags: { speed: 0.1, seed: 7, web: { listenAddresses: [{ host: 'localhost', port: 0 }] } },
  });
});

const QUIET = { level: 'warn', format: 'logfmt' };

test('check, once and health have their own flags and those flags of serve that select targets', () => {
  const shard = ['--shard.count', '3', '--shard.index', '1'];
  expect(parse(['check'])).toEqual({
    command: 'check',
    flags: {
      configFiles: [],
      targets: [],
      log: { ...QUIET, level: 'error' },
      online: false,
      all: false,
      format: 'table',
    },
  });
  expect(parse(['check', '--online', '--format', 'json', '--config.file', 'a.yml', ...shard])).toMatchObject({
    flags: { online: true, format: 'json', configFiles: ['a.yml'], shard: { index: 1, count: 3 } },
  });
  expect(parse(['once', '--target', 'g/c'])).toEqual({
    command: 'once',
    flags: { configFiles: [], targets: ['g/c'], log: QUIET },
  });
  expect(parse(['once', '--output=x.prom', ...shard])).toMatchObject({
    flags: { output: 'x.prom', shard: { index: 1, count: 3 } },
  });
});

describe('health', () => {
  test.each([
    [{}, [], 'http://127.0.0.1:19017'],
    [{ [`${PREFIX}WEB_LISTEN_ADDRESS`]: ':9' }, [], 'http://127.0.0.1:9'],
    [{ [`${PREFIX}WEB_LISTEN_ADDRESS`]: '[::]:9,127.0.0.1:8' }, [], 'http://[::1]:9'],
    [{}, ['--web.listen-address', '0.0.0.0:7'], 'http://127.0.0.1:7'],
    [{}, ['--web.listen-address', 'exporter.example:7'], 'http://exporter.example:7'],
    [{}, ['--web.listen-address', '[fe80::1]:7'], 'http://[fe80::1]:7'],
    [{}, ['--web.listen-address', ':0', '--url', 'https://127.0.0.1:5'], 'https://127.0.0.1:5'],
    [{}, ['--url', 'http://a.example/-/healthy'], 'http://a.example'],
  ])('with %j and %j requests %s', (env, args, origin) => {
    expect(parse(['health', ...args], env)).toEqual({ command: 'health', flags: { url: `${origin}/-/healthy` } });
  });

  test.each([
    [
      ['--url', '127.0.0.1:5'],
      '--url "127.0.0.1:5": must be a URL without user, path and query, such as http://127.0.0.1:19017',
    ],
    [
      ['--url', 'ftp://a'],
      '--url "ftp://a": must be a URL without user, path and query, such as http://127.0.0.1:19017',
    ],
    [
      ['--url', 'http://a/metrics'],
      '--url "http://a/metrics": must be a URL without user, path and query, such as http://127.0.0.1:19017',
    ],
    [
      ['--web.listen-address', ':0'],
      '--web.listen-address: has no fixed port: give the address of the exporter with --url',
    ],
  ])('refuses %j', (args, problem) => {
    expect(refusal(['health', ...args])).toEqual([problem]);
  });

  test('requests a Unix socket where the exporter listens on one', () => {
    const flags = { url: 'unix:/run/web.sock' };
    expect(parse(['health', '--url', 'unix:/run/web.sock'])).toEqual({ command: 'health', flags });
    const env = { [`${PREFIX}WEB_LISTEN_ADDRESS`]: 'unix:/run/web.sock' };
    expect(parse(['health'], env)).toEqual({ command: 'health', flags });
  });

  test('sends a client certificate with its key', () => {
    const args = ['health', '--client.certificate', 'c.pem', '--client.key', 'k.pem'];
    expect(parse(args)).toMatchObject({ flags: { client: { certificate: 'c.pem', key: 'k.pem' } } });
    expect(refusal(args.slice(0, 3))).toEqual([
      '--client.certificate needs --client.key, and the other way round: give both or none',
    ]);
  });

  test('refuses a password in the address and does not repeat it', () => {
    const [problem] = refusal(['health', '--url', 'http://u:S3cret@a.example']);
    expect(problem).toBe('--url: must be a URL without user, path and query, such as http://127.0.0.1:19017');
  });
});

describe('listen addresses', () => {
  test.each([
    [':19017', { port: 19017 }],
    ['0.0.0.0:80', { host: '0.0.0.0', port: 80 }],
    ['exporter.example:65535', { host: 'exporter.example', port: 65535 }],
    ['[::]:1', { host: '::', port: 1 }],
    ['unix:/run/exporter/web.sock', { socket: '/run/exporter/web.sock' }],
  ])('%s is one', (text, address) => {
    expect(parse(['--web.listen-address', text])).toMatchObject({ flags: { web: { listenAddresses: [address] } } });
  });

  const FORM =
    'write host:port, or :19017 for all interfaces; an IPv6 address goes in brackets, such as [::1]:19017; TLS is set up with --web.config.file';
  const SOCKET_FORM = 'must be unix: and an absolute path of at most 103 bytes, such as unix:/run/exporter/web.sock';

  test.each([
    ['19017', FORM],
    ['localhost', FORM],
    ['a b:1', FORM],
    ['http://a:1', FORM],
    ['https://127.0.0.1', FORM],
    ['TCP://[::1]:19017/', FORM],
    ['::1:19017', FORM],
    ['[localhost]:1', FORM],
    [':65536', 'the port must be from 0 to 65535'],
    ['unix:web.sock', SOCKET_FORM],
    ['unix://run/web.sock', SOCKET_FORM],
  ])('%s is none', (text, why) => {
    expect(refusal(['--web.listen-address', text])).toEqual([`--web.listen-address "${text}": ${why}`]);
  });

  test('a path that the operating system would refuse is none', () => {
    const [problem] = refusal(['--web.listen-address', `unix:/${'x'.repeat(103)}`]);
    expect(problem).toContain(SOCKET_FORM);
  });
});

describe('allowed hosts', () => {
  test.each([
    ['Exporter.Example', 'exporter.example'],
    ['10.0.0.7', '10.0.0.7'],
    ['fe80::A', '[fe80::a]'],
    ['[::1]', '[::1]'],
  ])('%s is one', (text, host) => {
    expect(parse(['--web.allowed-hosts', text])).toMatchObject({ flags: { web: { allowedHosts: [host] } } });
  });

  test.each(['exporter:19017', 'http://exporter', '*.example', '[::1]:19017', 'a b'])('%s is none', (text) => {
    expect(refusal(['--web.allowed-hosts', text])).toEqual([
      `--web.allowed-hosts "${text}": must be a host name or an address, without scheme and port, such as exporter.example`,
    ]);
  });
});

describe('the telemetry path', () => {
  test.each(['/m', '/a/b/', '/apiary', '/-metrics', '/v1.0/metrics_~x'])('%s is one', (text) => {
    expect(parse(['--web.telemetry-path', text])).toMatchObject({ flags: { web: { telemetryPath: text } } });
  });

  test.each([
    ['metrics', 'must begin with / and be a plain path of letters, digits and . _ ~ -, such as /metrics'],
    ['/', 'is in use: choose another than /, /config, /targets/…, /api/… and /-/…, such as /metrics'],
    ['/-/metrics', 'is in use: choose another than /, /config, /targets/…, /api/… and /-/…, such as /metrics'],
    ['/targets/a', 'is in use: choose another than /, /config, /targets/…, /api/… and /-/…, such as /metrics'],
    ['/API', 'is in use: choose another than /, /config, /targets/…, /api/… and /-/…, such as /metrics'],
    ['/:id', 'must begin with / and be a plain path of letters, digits and . _ ~ -, such as /metrics'],
    ['/a/../b', 'must begin with / and be a plain path of letters, digits and . _ ~ -, such as /metrics'],
  ])('%s is none', (text, why) => {
    expect(refusal(['--web.telemetry-path', text])).toEqual([`--web.telemetry-path "${text}": ${why}`]);
  });
});

describe('a usage error names the flag and the valid form', () => {
  test.each([
    [['--log.level', 'loud'], '--log.level "loud": must be debug, info, warn or error'],
    [['--log.format', 'xml'], '--log.format "xml": must be json or logfmt'],
    [['demo', '--speed', '0'], '--speed "0": must be a number from 0.1 to 10000'],
    [['demo', '--speed', '1e3'], '--speed "1e3": must be a number from 0.1 to 10000'],
    [['demo', '--seed', '1.5'], '--seed "1.5": must be a whole number from 0 to 999999999'],
    [['demo', '--seed', '99999999999999999'], '--seed "99999999999999999": must be a whole number from 0 to 999999999'],
    [['--web.max-requests', '-1'], '--web.max-requests "-1": must be a whole number from 0 to 100000'],
    [['--config.file', ''], '--config.file: needs a value'],
    [['--config.file', '--log.level'], '--config.file "--log.level": needs a value'],
    [['--config.file'], '--config.file: needs a value'],
    [['--config.fil', 'x'], 'unknown flag --config.fil: did you mean --config.file?'],
    [['--speed', '3'], '--speed: is not a flag of serve, but of demo'],
    [['demo', '--target', 'a/b'], '--target: is not a flag of demo, but of serve, check and once'],
    [['once', '--outptu', 'x'], 'unknown flag --outptu: did you mean --output?'],
    [['help', 'chekc'], 'unknown command: the commands are serve, check, once, health and demo; did you mean check?'],
    [['health', '--log.level', 'debug'], '--log.level: is not a flag of health, but of serve, check, once and demo'],
    [['-x'], 'unknown flag -x'],
    [['--client-secret=S3cret'], 'unknown flag --client-secret'],
    [['--S3cretS3cret'], 'unknown flag'],
    [['--web.disable-exporter-metrics=false'], '--web.disable-exporter-metrics: takes no value'],
    [['dmeo'], 'unknown command: the commands are serve, check, once, health and demo; did you mean demo?'],
    [['--log.level', 'debug', 'S3cret'], 'unknown command: the commands are serve, check, once, health and demo'],
    [['serve', 'demo'], 'only flags may follow a command; the commands are serve, check, once, health and demo'],
  ])('%j', (args, problem) => {
    expect(refusal(args)).toEqual([problem]);
  });

  test('for all wrong values at once', () => {
    expect(refusal(['--log.level', 'x', '--web.listen-address', 'y'], { [`${PREFIX}LOG_FORMAT`]: 'z' })).toHaveLength(
      3,
    );
  });
});

describe('the environment', () => {
  test('has a variable for each flag', () => {
    const env = Object.fromEntries(Object.entries(TEXTS).map(([name, text]) => [variableOf(name), text]));
    const ofServe = FLAGS.filter(({ commands }) => (commands as readonly string[]).includes('serve'));
    expect(Object.keys(env)).toHaveLength(ofServe.length);
    expect(parse([], env)).toEqual(PARSED);
    expect(parse(['demo'], { [`${PREFIX}SPEED`]: '60', [`${PREFIX}SEED`]: '2' })).toMatchObject({
      flags: { speed: 60, seed: 2 },
    });
    expect(parse(['check'], { [`${PREFIX}ONLINE`]: 'true', [`${PREFIX}FORMAT`]: 'json' })).toMatchObject({
      flags: { online: true, format: 'json' },
    });
    expect(parse(['once'], { [`${PREFIX}OUTPUT`]: 'x.prom' })).toMatchObject({ flags: { output: 'x.prom' } });
    expect(parse(['health'], { [`${PREFIX}URL`]: 'https://localhost:1' })).toMatchObject({
      flags: { url: 'https://localhost:1/-/healthy' },
    });
  });

  test('is overridden by the command line', () => {
    const env = { [`${PREFIX}TARGET`]: 'g/env', [`${PREFIX}LOG_LEVEL`]: 'nonsense' };
    expect(parse(['--target', 'g/line', '--log.level', 'warn'], env)).toMatchObject({
      flags: { targets: ['g/line'], log: { level: 'warn' } },
    });
  });

  test('counts as not set if it is empty, and unknown variables are ignored', () => {
    const env = {
      [`${PREFIX}LOG_LEVEL`]: '',
      [`${PREFIX}WEB_LISTEN_ADDRESS`]: ' ',
      [`${PREFIX}WEB_DISABLE_EXPORTER_METRICS`]: '',
      [`${PREFIX}TARGET`]: undefined,
      [`${PREFIX}PORT`]: 'tcp://10.0.0.1:19017',
    };
    expect(parse([], env)).toEqual({ command: 'serve', flags: SERVE });
  });

  test.each([
    ['true', true],
    ['1', true],
    ['false', false],
    ['0', false],
  ])('accepts %s for a switch', (text, value) => {
    const env = { [`${PREFIX}WEB_DISABLE_EXPORTER_METRICS`]: text };
    expect(parse([], env)).toMatchObject({ flags: { web: { disableExporterMetrics: value } } });
  });

  test.each([
    ['WEB_DISABLE_EXPORTER_METRICS', 'yes', '"yes": must be true, false, 1 or 0'],
    ['WEB_DISABLE_EXPORTER_METRICS', 'TRUE', '"TRUE": must be true, false, 1 or 0'],
    ['LOG_LEVEL', 'loud', '"loud": must be debug, info, warn or error'],
  ])('is named in the problem if it is wrong: %s=%s', (name, value, problem) => {
    expect(refusal([], { [PREFIX + name]: value })).toEqual([`${PREFIX}${name} ${problem}`]);
  });

  test('allows a comma at the end of a list', () => {
    expect(parse([], { [`${PREFIX}TARGET`]: 'g/c,' })).toMatchObject({ flags: { targets: ['g/c'] } });
    expect(parse([], { [`${PREFIX}WEB_LISTEN_ADDRESS`]: ',' })).toEqual({ command: 'serve', flags: SERVE });
  });
});

describe('help', () => {
  test.each([[['--help']], [['-h']], [['serve', '--help']], [['help']], [['help', 'serve']]])(
    'of %j shows what it is, examples and each flag',
    (args) => {
      const line = parse(args);
      if (line.command !== 'exit') throw new Error();
      expect(line).toMatchObject({ code: 0, stderr: '' });
      expect(line.stdout).toContain('shows Prometheus which MongoDB Atlas clusters have no recent backup');
      expect(line.stdout).toContain('  mongodbatlas-backup-exporter demo\n');
      expect(line.stdout).toContain('--web.listen-address HOST:PORT  (repeatable, default :19017)');
      for (const { name, commands } of FLAGS) {
        const isOfServe = (commands as readonly string[]).includes('serve');
        expect(line.stdout.includes(`  --${name}`)).toBe(isOfServe);
        expect(line.stdout.includes(`      ${variableOf(name)}\n`)).toBe(isOfServe);
      }
      expect(Math.max(...line.stdout.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(110);
    },
  );

  test('of the demo shows its own flags and defaults', () => {
    const line = parse(['demo', '--help']);
    expect(line).toMatchObject({
      command: 'exit',
      code: 0,
      stdout: expect.stringContaining('(repeatable, default 127.0.0.1:19017)'),
    });
    expect(line).toMatchObject({ stdout: expect.not.stringContaining('--config.file') });
  });

  test.each([
    ['check', ['--online', '--format FORMAT  (default table)', 'Exit code: 0 if all is well, 1 if']],
    ['once', ['--output FILE', 'Exit code', 'textfile']],
    ['health', ['--url URL', 'Exit code: 0 if it is healthy']],
  ])('of %s shows examples, its exit codes and its own flags, with --help and with help', (command, texts) => {
    const line = parse([command, '--help']);
    expect(parse(['help', command])).toEqual(line);
    for (const text of [...texts, `  mongodbatlas-backup-exporter ${command}`]) {
      expect(line).toMatchObject({ command: 'exit', code: 0, stdout: expect.stringContaining(text) });
    }
    expect(line).toMatchObject({ stdout: expect.not.stringContaining('--web.telemetry-path') });
    if (line.command !== 'exit') throw new Error();
    expect(Math.max(...line.stdout.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(110);
  });

  test('the version is one line', () => {
    expect(parse(['--version'])).toEqual({
      command: 'exit',
      code: 0,
      stdout: 'mongodbatlas-backup-exporter 1.2.3\n',
      stderr: '',
    });
  });
});

const problem = (text: string) => ({ problem: expect.stringContaining(text) });

describe('the shard of a process', () => {
  test.each([
    ['nothing', undefined, undefined, 'exporter-2', undefined],
    ['both flags', 1, 3, 'exporter-2', { index: 1, count: 3 }],
    ['the count and a pod’s name', undefined, 3, 'exporter-2', { index: 2, count: 3 }],
    ['the count and a long name', undefined, 30, 'my-release-exporter-12', { index: 12, count: 30 }],
    ['a count of one, anywhere', undefined, 1, 'laptop', { index: 0, count: 1 }],
    ['a count of one, nowhere', undefined, 1, undefined, { index: 0, count: 1 }],
  ])('follows from %s', (_what, index, count, hostname, value) => {
    expect(parseShard(index, count, hostname)).toEqual({ value });
  });

  test.each([
    ['an index alone', 1, undefined, 'exporter-2', 'without --shard.count'],
    ['an index as high as the count', 3, 3, undefined, '--shard.index 3: must be less than --shard.count (3)'],
    ['a count without a pod’s name', undefined, 3, 'laptop', 'give --shard.index too'],
    ['a count without any name', undefined, 3, undefined, 'give --shard.index too'],
    ['a pod of a Deployment', undefined, 3, 'exporter-7d4b9c-x2k9p', 'give --shard.index too'],
    ['more pods than shards', undefined, 2, 'exporter-2', 'the number of replicas'],
  ])('is refused for %s', (_what, index, count, hostname, text) => {
    expect(parseShard(index, count, hostname)).toEqual(problem(text));
  });
});
