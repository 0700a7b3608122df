import { describe, expect, test } from '@jest/globals';
import { statusOf } from '../../../src/web/status.ts';
import { PAGE_POLICY, renderStatusPage } from '../../../src/web/status-page.ts';
import { DAY_ZERO_SECONDS, job } from '../../support/jobs.ts';
import { polledState } from '../../support/states.ts';

const NOW = DAY_ZERO_SECONDS + 100_000;
const FACTS = { version: '1.2.3', nowSeconds: NOW, telemetryPath: '/metrics' };
const fine = statusOf(polledState([job('Successful')]), NOW);

describe('the status page', () => {
  test('names each target with its state, its last success and its jobs', () => {
    const page = renderStatusPage([fine], FACTS);
    expect(page).toContain('Cluster0');
    expect(page).toContain('>fine<');
    expect(page).toContain('1 d 3 h ago');
    expect(page).toContain('1 successful');
    expect(page).toContain('none needs attention');
    expect(page).toContain('href="/metrics"');
  });

  test('says how many need attention, in its title too, why, and what to do', () => {
    const failure = { reason: 'forbidden', problem: 'Atlas answered 403', advice: 'give it the role' };
    const page = renderStatusPage([{ ...fine, condition: 'failing', failure }, fine], FACTS);
    expect(page).toContain('<title>(1) ');
    expect(page).toContain('<strong>1 need attention</strong>');
    expect(page).toContain('Atlas answered 403: give it the role');
  });

  test('shows what is not known as not known', () => {
    const { lastSuccessAgeSeconds, lastPollAtSeconds, counts, ...unknown } = fine;
    expect([lastSuccessAgeSeconds, lastPollAtSeconds, counts]).not.toContain(undefined);
    const page = renderStatusPage([{ ...unknown, condition: 'waiting' }], FACTS);
    expect(page).toContain('none known');
    expect(page).toContain('not yet');
    expect(page).toContain('not read yet');
  });

  test('gives spans in two units', () => {
    const spans = [0, 59, 3_600, 90_061].map((lastSuccessAgeSeconds) =>
      renderStatusPage([{ ...fine, lastSuccessAgeSeconds }], FACTS),
    );
    expect(spans.map((page) => /<td>([\w ]+) ago<small><time/.exec(page)?.[1])).toEqual([
      '0 s',
      '59 s',
      '1 h',
      '1 d 1 h',
    ]);
  });

  test('shows hostile names as text', () => {
    const page = renderStatusPage(
      [{ ...fine, clusterName: '<script>alert("1")</script>', successMaxAgeSeconds: 60, nextPollAtSeconds: NOW + 3 }],
      FACTS,
    );
    expect(page).not.toContain('<script');
    expect(page).toContain('&#60;script&#62;');
  });

  test('allows itself its own style and nothing else', () => {
    expect(PAGE_POLICY).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/]+='/);
  });
});
