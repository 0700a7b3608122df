/** The main job, end to end: simulated Atlas, real sockets, the whole daemon, its /metrics. */
import { describe, expect, test } from '@jest/globals';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { type Runtime, systemRuntime } from '../../src/support/runtime.ts';
import { startWeb } from '../../src/web/guards/listen.ts';
import { createApp } from '../../src/web/server.ts';
import { atlas, closeLater, project } from '../support/atlas.ts';
import { type ConfigParts, CREDENTIALS, configFor, type RunningDaemon, runDaemon } from '../support/daemon.ts';
import { deferred } from '../support/deferred.ts';
import { DAY_ZERO_SECONDS, job } from '../support/jobs.ts';
import { GROUP_ID } from '../support/states.ts';
import { ask, QUIET_WEB } from '../support/web.ts';

const named = (clusterName: string, credential = 'token', groupId = GROUP_ID) => ({ groupId, clusterName, credential });

async function watch(
  simulator: Pick<Simulator, 'origin'>,
  parts: ConfigParts,
  runtime?: Runtime,
): Promise<RunningDaemon> {
  const running = await runDaemon(configFor(simulator, parts), runtime ? { runtime } : {});
  closeLater({ close: running.daemon.stop });
  return running;
}

/** So long that no test has a second poll. */
const MONTH_SECONDS = 30 * 86_400;
const polled = (count: number) => (polls: Record<string, number>) =>
  Object.values(polls).filter((value) => value > 0).length >= count;
/** The requests for lists of exports, without the one for the name of the project. */
const listings = ({ requests }: Simulator) => requests.filter(({ path }) => path.includes('/backup/exports'));
const historyOf = (length: number) =>
  Array.from({ length }, (_, index) =>
    job('Successful', { createdAtSeconds: DAY_ZERO_SECONDS + index * 60, number: index }),
  ).reverse();

describe('the daemon', () => {
  test.each(['account', 'key', 'token'] as const)('reads with the credential %s', async (credential) => {
    const simulator = await atlas([project([{ name: 'one', exports: [job('Successful')] }])]);
    const { until, series } = await watch(simulator, {
      credentials: [CREDENTIALS[credential]],
      targets: [named('one', credential)],
    });
    expect(await until('export_up', polled(1))).toEqual({ one: 1 });
    expect(await series('export_last_success_duration_seconds')).toEqual({ one: 780 });
  });

  test('reads a list of three pages completely', async () => {
    const simulator = await atlas([project([{ name: 'long', exports: historyOf(1203) }])]);
    const { until, series } = await watch(simulator, { targets: [named('long')] });
    await until('export_up', polled(1));
    expect(await series('export_last_poll_pages')).toEqual({ long: 3 });
    expect(await series('export_last_poll_jobs')).toEqual({ long: 1203 });
    expect(await series('export_last_poll_reported_jobs')).toEqual({ long: 1203 });
    expect((await series('export_jobs'))['long,successful']).toBe(1203);
    const asked = listings(simulator).slice(0, 3);
    const queries = asked.map(({ path }) => path.split('?')[1]);
    expect(queries).toEqual([1, 2, 3].map((page) => `includeCount=true&itemsPerPage=500&pageNum=${page}`));
  });

  test('needs a second request for the first list with an API key, and none afterwards', async () => {
    const simulator = await atlas([project([{ name: 'one', exports: [] }])]);
    const { until } = await watch(simulator, { credentials: [CREDENTIALS.key], targets: [named('one', 'key')] });
    await until('export_polls_total', ({ one = 0 }) => one >= 3);
    expect(
      listings(simulator)
        .slice(0, 4)
        .map(({ status }) => status),
    ).toEqual([401, 200, 200, 200]);
  });

  test('shows the reason and advice for targets that cannot be read, and polls the others', async () => {
    const closed = '5e0000000000000000000002';
    const foreign = '5e0000000000000000000003';
    const simulator = await atlas([
      project([
        { name: 'good', exports: [job('Successful')] },
        { name: 'flex', kind: 'flex' },
        { name: 'sick', failing: { status: 400, errorCode: 'SOMETHING_ODD' } },
      ]),
      project([{ name: 'x' }], { id: closed, forbidden: 'IP_ADDRESS_NOT_ON_ACCESS_LIST' }),
      project([{ name: 'y' }], { id: foreign, credentials: ['api-key'] }),
    ]);
    const names = ['good', 'flex', 'sick', 'gone'];
    const { until, series, logLines } = await watch(simulator, {
      targets: [...names.map((name) => named(name)), named('x', 'token', closed), named('y', 'token', foreign)],
    });
    expect(await until('export_up', (up) => Object.keys(up).length === 6)).toEqual({
      good: 1,
      flex: 0,
      sick: 0,
      gone: 0,
      x: 0,
      y: 0,
    });
    expect(await series('export_poll_failing')).toEqual({
      'flex,unsupported': 1,
      'sick,client_error': 1,
      'gone,not_found': 1,
      'x,forbidden': 1,
      'y,unauthorized': 1,
    });
    await until('export_polls_total', ({ gone = 0 }) => gone >= 2);
    const lines = logLines.filter(({ msg }) => msg === 'polling fails');
    expect(lines).toHaveLength(5);
    expect(lines.find(({ cluster_name }) => cluster_name === 'x')).toMatchObject({
      reason: 'forbidden',
      error_code: 'IP_ADDRESS_NOT_ON_ACCESS_LIST',
      advice: expect.stringContaining('API access list'),
    });
  });

  test.each([
    ['account', { clientSecret: 'another' }],
    ['key', { privateKey: 'another' }],
    ['token', { accessToken: 'another' }],
  ] as const)('shows a wrong secret of %s as unauthorized', async (credential, credentials) => {
    const simulator = await atlas([project([{ name: 'one', exports: [] }])], { credentials });
    const { until, series } = await watch(simulator, {
      credentials: [CREDENTIALS[credential]],
      targets: [named('one', credential)],
    });
    await until('export_polls_total', polled(1));
    expect(await series('export_up')).toEqual({ one: 0 });
    expect(await series('export_poll_failing')).toEqual({ 'one,unauthorized': 1 });
  });

  test('keeps the last good summary while Atlas sends invalid answers, and recovers', async () => {
    let answer: unknown[] | undefined = [job('Successful'), job('Queued', { number: 2 })];
    const simulator = await atlas([project([{ name: 'one', exports: () => answer ?? (['garbage'] as unknown[]) }])]);
    const { until, series } = await watch(simulator, { targets: [named('one')] });
    await until('export_up', ({ one }) => one === 1);
    answer = undefined;
    await until('export_up', ({ one }) => one === 0);
    expect(await series('export_poll_failing')).toEqual({ 'one,invalid_response': 1 });
    expect((await series('export_jobs'))['one,queued']).toBe(1);
    answer = [job('Successful')];
    await until('export_up', ({ one }) => one === 1);
    expect(await series('export_poll_failing')).toEqual({});
    expect((await series('export_jobs'))['one,queued']).toBe(0);
  });

  test('shows a job from its queue to its end', async () => {
    const life = ['Queued', 'InProgress', 'Successful'];
    let step = 0;
    const simulator = await atlas([
      project([
        {
          name: 'one',
          exports: () => [
            job(life[step] ?? '', {
              fields: { exportStatus: { exportedCollections: step, totalCollections: step * 2 } },
            }),
          ],
        },
      ]),
    ]);
    const { until, series } = await watch(simulator, { targets: [named('one')] });
    await until('export_jobs', (jobs) => jobs['one,queued'] === 1);
    expect(await series('export_active_job_progress_ratio')).toEqual({});
    step = 1;
    await until('export_jobs', (jobs) => jobs['one,in_progress'] === 1);
    expect(Object.values(await series('export_active_job_progress_ratio'))).toEqual([0.5]);
    step = 2;
    await until('export_jobs', (jobs) => jobs['one,successful'] === 1);
    expect(await series('export_active_job_info')).toEqual({});
    expect(await series('export_last_success_duration_seconds')).toEqual({ one: 780 });
  });

  test('shows the same job metrics after a restart', async () => {
    const simulator = await atlas([
      project([{ name: 'one', exports: [job('Queued', { number: 9 }), ...historyOf(30)] }]),
    ]);
    const jobLines = async ({ until, metrics }: RunningDaemon) => {
      await until('export_up', polled(1));
      const lines = (await metrics()).split('\n');
      return lines.filter((line) => line.startsWith('mongodbatlas_backup_export_') && !/poll|target_info/.test(line));
    };
    const first = await watch(simulator, { targets: [named('one')] });
    const before = await jobLines(first);
    await first.daemon.stop();
    expect(before.length).toBeGreaterThan(20);
    expect(await jobLines(await watch(simulator, { targets: [named('one')] }))).toEqual(before);
  });

  test('answers scrapes from the start, and is ready when every target was polled', async () => {
    const simulator = await atlas([project([{ name: 'one', exports: [] }])], { delayMs: 300 });
    const { url, series, until } = await watch(simulator, { targets: [named('one')] });
    expect((await fetch(`${url}/-/ready`)).status).toBe(503);
    expect((await fetch(`${url}/-/healthy`)).status).toBe(200);
    expect(await series('export_up')).toEqual({});
    expect(await series('export_target_info')).toEqual({ 'one,token,,one,': 1 });
    await until('export_up', polled(1));
    expect((await fetch(`${url}/-/ready`)).status).toBe(200);
  });

  test('is ready after a minute although a target was not polled yet', async () => {
    const simulator = await atlas([project([{ name: 'one', exports: [] }])], { delayMs: 3_600_000 });
    let aheadSeconds = 0;
    const runtime: Runtime = {
      ...systemRuntime,
      monotonicSeconds: () => systemRuntime.monotonicSeconds() + aheadSeconds,
    };
    const parts = { targets: [named('one')], atlas: { requestTimeoutSeconds: 60 } };
    const { url, series } = await watch(simulator, parts, runtime);
    const waiting = await fetch(`${url}/-/ready`);
    expect([waiting.status, await waiting.text()]).toEqual([503, expect.stringContaining('1 target')]);
    aheadSeconds = 60;
    expect((await fetch(`${url}/-/ready`)).status).toBe(200);
    expect(await series('export_up')).toEqual({});
  });

  test('polls a target at the start, and an idle one at the idle interval', async () => {
    const simulator = await atlas([
      project([
        { name: 'idle', exports: [] },
        { name: 'busy', exports: [job('Queued')] },
      ]),
    ]);
    const { until, series } = await watch(simulator, {
      targets: [named('idle'), named('busy')],
      polling: { intervalSeconds: 1, idleIntervalSeconds: MONTH_SECONDS },
    });
    await until('export_polls_total', ({ busy = 0 }) => busy >= 3);
    expect(await series('export_poll_interval_seconds')).toEqual({ idle: MONTH_SECONDS, busy: 1 });
    expect((await series('export_polls_total'))['idle']).toBe(1);
  });
});

describe('over HTTP', () => {
  test('both formats have the same series', async () => {
    const simulator = await atlas([
      project([{ name: 'one', exports: [job('InProgress'), job('Failed', { number: 2 })] }]),
    ]);
    const { metrics, until } = await watch(simulator, {
      targets: [named('one')],
      polling: { intervalSeconds: 60, idleIntervalSeconds: 60 },
    });
    await until('export_up', polled(1));
    const seriesOf = (text: string) =>
      text
        .split('\n')
        .filter((line) => line.startsWith('mongodbatlas_'))
        .map((line) => line.replace(/ \S+$/, ''));
    const openmetrics = await metrics('application/openmetrics-text;version=1.0.0,text/plain;q=0.5');
    expect(seriesOf(openmetrics)).toEqual(seriesOf(await metrics()));
    expect(openmetrics.endsWith('\n# EOF\n')).toBe(true);
    expect(openmetrics).not.toMatch(/^# TYPE \S+_total counter$/m);
    expect(openmetrics).not.toContain('\n\n');
  });

  test('the page is compressed if the client accepts gzip, and has the type of its format', async () => {
    const simulator = await atlas([project([])]);
    const { url } = await watch(simulator, { targets: [] });
    const zipped = await fetch(`${url}/metrics`, { headers: { 'accept-encoding': 'gzip' } });
    expect(zipped.headers.get('content-encoding')).toBe('gzip');
    expect(zipped.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(zipped.headers.get('vary')).toBe('Accept, Accept-Encoding');
    expect(await zipped.text()).toContain('build_info');
    const plain = await fetch(`${url}/metrics`, { headers: { 'accept-encoding': 'identity' } });
    expect(plain.headers.get('content-encoding')).toBeNull();
    const head = await fetch(`${url}/metrics`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  test('a stop finishes a running scrape and accepts no new one', async () => {
    const started = deferred<void>();
    const text = deferred<Buffer>();
    const page = () => {
      started.resolve();
      return text.promise;
    };
    const app = createApp({ ...QUIET_WEB, page });
    const web = await startWeb(app, [{ host: '127.0.0.1', port: 0 }]);
    const url = `${web.urls[0]}/metrics`;
    const scrape = ask(url);
    await started.promise;
    const closed = web.close();
    await expect(fetch(url)).rejects.toThrow();
    text.resolve(Buffer.from('the page'));
    expect((await scrape).body).toBe('the page');
    await closed;
  });

  test('an error in a page is a short 500 and a line in the log', async () => {
    const errors: unknown[] = [];
    const page = () => Promise.reject(new Error('internals'));
    const web = await startWeb(createApp({ ...QUIET_WEB, page, onError: (error) => errors.push(error) }), [
      { port: 0 },
    ]);
    closeLater(web);
    const response = await fetch(`${web.urls[0]}/metrics`);
    expect([response.status, await response.text()]).toEqual([500, 'Internal error; see the log.\n']);
    expect(errors).toHaveLength(1);
  });
});
