/** The shipped rules and the shipped Alertmanager example in a hurry, so that a test does not wait as long as a person would. */
import { readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import { RULES_FILE } from './alert-rules.ts';

const ALERTMANAGER_EXAMPLE = 'deploy/alertmanager/alertmanager.yml';

/** What Prometheus and Alertmanager run with. Times are in milliseconds. */
export interface FastAlerting {
  readonly rules: string;
  /** The example; `webhookUrl` stands for all its receivers. */
  alertmanagerConfig(webhookUrl: string): string;
  readonly scrapeMs: number;
  readonly evaluationMs: number;
  /** For how long a series without a new sample counts as present. */
  readonly lookbackMs: number;
}

/** Shortens waits only, to one second, windows of ten minutes to ten seconds, and the minimum age of stale data, to three. No condition is changed, so real times fit. */
export function impatientAlerting(): FastAlerting {
  return {
    rules: readFileSync(RULES_FILE, 'utf8')
      .replace(/^( +(?:for|keep_firing_for|interval)): \w+$/gm, '$1: 1s')
      .replaceAll('[10m]', '[10s]')
      .replace(/(?<=data_stale_min_seconds\n +expr: vector\()120/, '3'),
    alertmanagerConfig: (webhookUrl) => example(webhookUrl).replace(/(group_wait|group_interval): \w+/g, '$1: 1s'),
    scrapeMs: 1000,
    evaluationMs: 1000,
    lookbackMs: 300_000,
  };
}

/**
 * The same alerting in a world in which all takes `factor` times less: waits, ranges, offsets and thresholds. The exporter must
 * live in this world, too: its ages and limits must be as many times shorter.
 */
export function fastAlerting(factor: number): FastAlerting {
  const file = parse(readFileSync(RULES_FILE, 'utf8')) as { groups: RuleGroup[] };
  const groups = file.groups.map((group) => ({
    ...withWaits(group, ['interval'], factor),
    rules: group.rules.map((rule) => ({
      ...withWaits(rule, ['for', 'keep_firing_for'], factor),
      expr: fastExpression(rule, factor),
    })),
  }));
  return {
    rules: stringify({ groups }, { lineWidth: 0 }),
    alertmanagerConfig: (webhookUrl) =>
      example(webhookUrl).replace(
        /(group_wait|group_interval|repeat_interval): (\w+)/g,
        (_all, key, wait) => `${key}: ${shorter(wait, factor)}`,
      ),
    scrapeMs: Math.round(60_000 / factor),
    evaluationMs: Math.round(60_000 / factor),
    // On a busy machine an evaluation may come seconds late.
    lookbackMs: Math.max(10_000, Math.round(300_000 / factor)),
  };
}

interface RuleGroup {
  readonly interval?: string;
  readonly rules: readonly FastRule[];
}

interface FastRule {
  readonly record?: string;
  readonly expr: string;
  readonly for?: string;
  readonly keep_firing_for?: string;
}

function withWaits<T extends RuleGroup | FastRule>(thing: T, keys: readonly string[], factor: number): T {
  const waits = Object.entries(thing).filter(([key, value]) => keys.includes(key) && typeof value === 'string');
  return { ...thing, ...Object.fromEntries(waits.map(([key, value]) => [key, shorter(String(value), factor)])) };
}

function fastExpression({ record, expr }: FastRule, factor: number): string {
  const inSeconds = record?.startsWith('threshold:') && record.endsWith('_seconds');
  return (inSeconds ? expr.replace(/\d+/, (seconds) => String(Number(seconds) / factor)) : expr)
    .replace(/(?<=\[|\[\w+:|offset )\d+[smhdw]\w*/g, (duration) => shorter(duration, factor))
    .replace(/(?<![\w.])(?:60|120|1800|3600|86400)(?![\w.])/g, (seconds) => String(Number(seconds) / factor));
}

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** @param duration such as 1h30m */
function shorter(duration: string, factor: number): string {
  const parts = [...duration.matchAll(/(\d+)([smhdw])/g)];
  const ms = parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (UNIT_MS[unit] ?? Number.NaN), 0);
  return `${Math.max(1, Math.round(ms / factor))}ms`;
}

function example(webhookUrl: string): string {
  return readFileSync(ALERTMANAGER_EXAMPLE, 'utf8').replace(/http:\/\/\w+\.example\.com/g, webhookUrl);
}
