/// <reference lib="dom" />
/** The pages in a real browser, with and without scripts. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import type { TargetState } from '../../src/collectors/collector.ts';
import type { DiscoveryStatus } from '../../src/polling/projects.ts';
import { startWeb, type Web } from '../../src/web/guards/listen.ts';
import type { Sources } from '../../src/web/pages/status.ts';
import { createApp } from '../../src/web/server.ts';
import { startBrowser } from '../support/browser.ts';
import { FLEET_NOW, fleet, NOT_ALLOWED } from '../support/fleet.ts';
import { job } from '../support/jobs.ts';
import { statesOf } from '../support/pages.ts';
import { polledState, withRecord } from '../support/states.ts';
import { QUIET_WEB } from '../support/web.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const EVIL = `</script><img src=x onerror="window.evil=1"><b>`;
const NO_ANSWER = { reason: 'timeout', problem: 'no answer within 10 s', advice: 'check the network' } as const;
const PHONE = { width: 390, height: 844 };

let browser: Browser;
let web: Web;
let url: string;
let states: readonly TargetState[];
let discoveries: readonly DiscoveryStatus[];
let nowSeconds = FLEET_NOW;
let outage: Sources['outage'] = () => undefined;
let fails: boolean;
const problems: string[] = [];
const pages: Page[] = [];

beforeAll(async () => {
  browser = await startBrowser();
  const app = createApp({
    ...QUIET_WEB,
    states: statesOf(() => {
      if (fails) throw new Error('on purpose');
      return states;
    }),
    discoveries: () => discoveries,
    outage: () => outage(),
    // Each response is rendered in another second, so the server keeps none.
    runtime: { ...QUIET_WEB.runtime, wallSeconds: () => ++nowSeconds },
  });
  web = await startWeb(app, [{ host: '127.0.0.1', port: 0 }]);
  url = web.urls[0] ?? '';
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await web?.close();
});
beforeEach(() => {
  states = fleet(60);
  discoveries = [];
  outage = () => undefined;
  fails = false;
  problems.length = 0;
});
afterEach(async () => {
  for (const page of pages.splice(0)) await page.context().close();
});

async function open(path = '/', options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  pages.push(page);
  // The browser reports a violation of the content security policy on the console.
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('500')) problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('request', (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith('data:'))
      problems.push(`requests ${request.url()}`);
  });
  await page.goto(url + path);
  return page;
}

const visibleRows = (page: Page): Promise<readonly string[]> =>
  page.locator('tr[data-s]:visible th > a').allTextContents();

/** Opens the folded groups. */
async function openGroups(page: Page): Promise<void> {
  for (const summary of await page.locator('.group:not([open]) summary').all()) await summary.click();
}

/** Refreshes the page at once, as its timer does. */
async function refreshed(page: Page): Promise<void> {
  const before = await page.locator('#asof').textContent();
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await page.waitForFunction((was) => document.getElementById('asof')?.textContent !== was, before);
}

function withAnotherFailure(index: number): readonly TargetState[] {
  return states.map((state, at) => {
    if (at !== index) return state;
    const last = { endedAtSeconds: FLEET_NOW, durationSeconds: 1, failure: NOT_ALLOWED };
    return withRecord(state, 'exports', { last });
  });
}

describe('the status page in a browser', () => {
  test('loads without an error, follows its content security policy and requests no other server', async () => {
    const page = await open();
    expect(await page.title()).toBe('(3) Atlas backup exports');
    expect(await page.locator('.verdict').textContent()).toContain('3 of 60 clusters need action now');
    expect(await page.locator('tr[data-s]').count()).toBe(60);
    expect(await page.locator('.verdict').evaluate((node) => getComputedStyle(node).fontSize)).toBe('26px');
    await refreshed(page);
    expect(problems).toEqual([]);
  });

  test('filters while the reader types, and keeps the filter in the URL', async () => {
    const page = await open();
    const unfolded = await visibleRows(page);
    // The fine clusters are folded.
    expect(unfolded).toHaveLength(14);
    await page.getByLabel('Search').fill('0012');
    expect(await visibleRows(page)).toEqual(['cluster-0012']);
    await page.getByLabel('Search').fill('0008');
    expect(await visibleRows(page)).toEqual(['cluster-0008']);
    expect(await page.locator('#shown').textContent()).toBe('Showing 1 of 60.');
    expect(page.url()).toBe(`${url}/?q=0008`);
    await page.getByLabel('Search').fill('');
    await page.getByRole('button', { name: /^Overdue/ }).click();
    expect(await visibleRows(page)).toEqual(['cluster-0004', 'cluster-0029', 'cluster-0054']);
    expect(await page.getByRole('button', { name: /^Overdue/ }).getAttribute('aria-pressed')).toBe('true');
    await page.reload();
    expect(await visibleRows(page)).toEqual(['cluster-0004', 'cluster-0029', 'cluster-0054']);
    await page.getByRole('button', { name: /^All/ }).click();
    expect(await visibleRows(page)).toEqual(unfolded);
    expect(problems).toEqual([]);
  });

  test('filters as the server does', async () => {
    const page = await open();
    const shown = async () => [await visibleRows(page), await page.locator('.count').allTextContents()];
    for (const [q = '', state = '', owner = ''] of [
      ['project 1'],
      ['5e0000000000000000000005', 'fine'],
      ['CLUSTER 00', 'running'],
      ['nothing at all'],
      ['', '', 'team-1'],
      ['000', 'failed', 'team-1'],
    ]) {
      await page.goto(`${url}/?${new URLSearchParams({ q, state, owner })}`);
      const byServer = await shown();
      await page.getByLabel('Search').pressSequentially(' ');
      expect(await shown()).toEqual(byServer);
    }
  });

  test('shows the clusters of one owner, also after a refresh', async () => {
    const page = await open();
    await page.getByLabel('Owner').selectOption('team-2');
    await page.getByRole('button', { name: /^Failed/ }).click();
    expect(await visibleRows(page)).toEqual(['cluster-0048']);
    expect(await page.locator('#g-failed .count').textContent()).toBe('1 of 3 clusters, not urgent');
    expect(page.url()).toBe(`${url}/?owner=team-2&state=failed`);
    await refreshed(page);
    expect(await visibleRows(page)).toEqual(['cluster-0048']);
    expect(problems).toEqual([]);
  });

  test('refreshes automatically', async () => {
    const page = await open();
    states = withAnotherFailure(45);
    await page.locator('.lead', { hasText: '6 other clusters' }).waitFor({ timeout: 20_000 });
    expect(problems).toEqual([]);
  });

  test('refreshes without losing scroll, focus or what was typed', async () => {
    const page = await open();
    // Not every browser keeps the visible rows in place automatically.
    await page.evaluate(() => document.documentElement.style.setProperty('overflow-anchor', 'none'));
    await page.getByLabel('Search').fill('cluster');
    const row = page.locator('tr[data-s] th > a', { hasText: 'cluster-0040' });
    await row.focus();
    await row.evaluate((node) => scrollTo(0, node.getBoundingClientRect().top + scrollY - 300));
    const top = () => row.evaluate((node) => Math.round(node.getBoundingClientRect().top));
    const before = await top();
    // One more cluster has a warning: its row moves to the top and becomes higher.
    states = withAnotherFailure(45);
    await refreshed(page);
    expect(await page.locator('.lead').textContent()).toContain('6 other clusters');
    expect(Math.abs((await top()) - before)).toBeLessThanOrEqual(2);
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('cluster-0040');
    expect(await page.getByLabel('Search').inputValue()).toBe('cluster');
    expect(problems).toEqual([]);
  });

  test('keeps the focus on a row that moves', async () => {
    const page = await open();
    await openGroups(page);
    await page.locator('tr[data-s] th > a', { hasText: 'cluster-0040' }).focus();
    states = withAnotherFailure(39);
    await refreshed(page);
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('cluster-0040');
    expect((await visibleRows(page)).indexOf('cluster-0040')).toBeLessThan(10);
  });

  test('adds and removes targets in place', async () => {
    const page = await open();
    await openGroups(page);
    states = fleet(62).slice(3);
    await refreshed(page);
    const rows = await visibleRows(page);
    expect(rows).toHaveLength(59);
    expect(rows).toContain('cluster-0062');
    expect(rows).not.toContain('cluster-0001');
    await page.goto(`${url}/`);
    await openGroups(page);
    expect(await visibleRows(page)).toEqual(rows);
  });

  test('a refresh keeps groups open and folded as the reader left them', async () => {
    const page = await open();
    const fine = page.locator('#g-fine');
    await fine.locator('summary').click();
    await page.locator('#g-overdue summary').click();
    states = withAnotherFailure(45);
    await refreshed(page);
    expect(await fine.getAttribute('open')).toBe('');
    expect(await page.locator('#g-overdue').getAttribute('open')).toBeNull();
    expect((await visibleRows(page)).length).toBe(57);
  });

  test('shows an outage of Atlas as one headline', async () => {
    const page = await open();
    const last = { endedAtSeconds: FLEET_NOW, durationSeconds: 1, failure: NO_ANSWER };
    states = fleet(60).map((state) => withRecord(state, 'exports', { last }));
    discoveries = states.map(({ target: { groupId } }) => ({ groupId, tried: true, up: false, failure: NO_ANSWER }));
    outage = () => ({ ...NO_ANSWER, sinceSeconds: FLEET_NOW - 7.2 * 3600 });
    await refreshed(page);
    expect(await page.locator('.verdict').textContent()).toBe('Atlas has not answered since 16:48 UTC');
    expect(await page.locator('main .notice').count()).toBe(0);
    expect(await visibleRows(page)).toHaveLength(6);
  });

  test('does not refresh while text is selected', async () => {
    const page = await open();
    await page.locator('.verdict').selectText();
    const before = await page.locator('#asof').textContent();
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await page.waitForTimeout(500);
    expect(await page.locator('#asof').textContent()).toBe(before);
    expect(await page.evaluate(() => String(getSelection()))).toContain('3 of 60');
  });

  test('can be paused', async () => {
    const page = await open();
    await page.getByRole('button', { name: 'Pause updates' }).click();
    const before = await page.locator('#asof').textContent();
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await page.waitForTimeout(500);
    expect(await page.locator('#asof').textContent()).toBe(before);
    await page.getByRole('button', { name: 'Pause updates' }).click();
    await page.waitForFunction((was) => document.getElementById('asof')?.textContent !== was, before);
  });

  test('shows that the exporter does not answer, until it answers again', async () => {
    const page = await open();
    fails = true;
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('alert').textContent()).toContain('The exporter does not answer (HTTP 500)');
    fails = false;
    await refreshed(page);
    expect(await page.getByRole('alert').isVisible()).toBe(false);
  });

  test('shows hostile text as text, after a refresh too', async () => {
    const page = await open();
    const hostile = polledState([job()], { projectName: EVIL, groupId: EVIL }, EVIL);
    states = [hostile, ...fleet(3)];
    discoveries = [{ groupId: EVIL, tried: true, up: false, failure: { ...NOT_ALLOWED, problem: EVIL, advice: EVIL } }];
    await refreshed(page);
    await page.getByLabel('Search').fill('onerror');
    expect(await visibleRows(page)).toEqual([EVIL]);
    await page.goto(`${url}/?q=${encodeURIComponent(EVIL)}&state=${encodeURIComponent(EVIL)}`);
    expect(await page.getByLabel('Search').inputValue()).toBe(EVIL);
    expect(await page.evaluate(() => 'evil' in window)).toBe(false);
    expect(await page.locator('img').count()).toBe(0);
    await page.locator('tr[data-s]:visible th > a').first().click();
    expect(await page.locator('.verdict').textContent()).toContain(EVIL);
    expect(await page.evaluate(() => 'evil' in window)).toBe(false);
    expect(problems).toEqual([]);
  });

  test('can be used with the keyboard alone', async () => {
    const page = await open();
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to content');
    await page.getByLabel('Search').focus();
    await page.keyboard.type('cluster-0004');
    await page.keyboard.press('Enter');
    expect(await visibleRows(page)).toEqual(['cluster-0004']);
    await page.getByRole('button', { name: /^Overdue/ }).focus();
    await page.keyboard.press('Space');
    expect(await page.getByRole('button', { name: /^Overdue/ }).getAttribute('aria-pressed')).toBe('true');
    await page.locator('tr[data-s]:visible th > a').first().focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/targets\//);
    expect(await page.locator('.verdict').textContent()).toContain('cluster-0004: overdue');
  });
});

describe('without scripts', () => {
  test('everything is visible, and the form filters', async () => {
    const page = await open('/', { javaScriptEnabled: false });
    expect((await visibleRows(page)).length).toBe(14);
    await openGroups(page);
    expect((await visibleRows(page)).length).toBe(60);
    await page.getByRole('button', { name: /^Failed/ }).click();
    expect(await visibleRows(page)).toEqual(['cluster-0008', 'cluster-0028', 'cluster-0048']);
    await page.getByLabel('Search').fill('0028');
    // Enter keeps the chosen state.
    await page.getByLabel('Search').press('Enter');
    expect(await visibleRows(page)).toEqual(['cluster-0028']);
    expect(page.url()).toContain('state=failed');
    await page.getByRole('button', { name: /^All/ }).click();
    expect(await visibleRows(page)).toEqual(['cluster-0028']);
    expect(await page.getByRole('button', { name: 'Pause updates' }).isVisible()).toBe(false);
    expect(problems).toEqual([]);
  });
});

describe('axe finds no accessibility problem on', () => {
  const key = () => states[7]?.target.key ?? '';
  test.each<[string, () => string, BrowserContextOptions]>([
    ['the status page', () => '/', { colorScheme: 'light' }],
    ['the status page, dark', () => '/', { colorScheme: 'dark' }],
    ['the status page on a phone', () => '/', { viewport: PHONE }],
    ['the status page, filtered', () => '/?state=failed', { colorScheme: 'dark', viewport: PHONE }],
    ['the page of a target', () => `/targets/${key()}`, { colorScheme: 'light' }],
    ['the page of a target, dark, on a phone', () => `/targets/${key()}`, { colorScheme: 'dark', viewport: PHONE }],
  ])('%s', async (_what, path, options) => {
    states = [
      ...states,
      ...fleet(3).map((state) => ({
        ...withRecord(state, 'schedule', { summary: { autoExportEnabled: false } }),
        target: {
          ...state.target,
          key: `${state.target.key}x`,
          clusterName: `${state.target.clusterName}x`,
          paused: true,
        },
      })),
    ];
    discoveries = [{ groupId: '5e0000000000000000000007', tried: true, up: false, failure: NOT_ALLOWED }];
    const page = await open(path(), { ...options, bypassCSP: true });
    await openGroups(page);
    await page.evaluate(AXE);
    const found = await page.evaluate(async () => {
      const { axe } = window as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } };
      return (await axe.run()).violations;
    });
    expect(
      found.map(({ id, impact, nodes }) => ({ id, impact, where: nodes.slice(0, 3).map(({ html }) => html) })),
    ).toEqual([]);
  });

  test('on a phone, screen readers still see rows, and nothing is wider than the screen', async () => {
    const page = await open('/', { viewport: PHONE });
    await openGroups(page);
    expect(await page.getByRole('row').count()).toBeGreaterThan(60);
    expect(await page.getByRole('rowheader').count()).toBeGreaterThanOrEqual(60);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBeLessThanOrEqual(PHONE.width);
  });
});

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}

test('a page with a thousand targets can be filtered and refreshes in place', async () => {
  states = fleet(1000);
  const page = await open();
  await page.getByLabel('Search').fill('cluster-0500');
  expect(await visibleRows(page)).toEqual(['cluster-0500']);
  await page.getByLabel('Search').fill('');
  await refreshed(page);
  expect(await page.locator('tr[data-s]').count()).toBe(1000);
  expect((await visibleRows(page)).length).toBe(40);
  expect(problems).toEqual([]);
});
