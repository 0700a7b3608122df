/**
 * Bad moments for clusters that are otherwise well: ten seconds each, one in four, a pure function of chance and time.
 * All of them pass by themselves; what lasts is part of the cast.
 */
import type { Troupe } from './cast.ts';
import type { Chance } from './chance.ts';
import type { Cluster, Failure } from './world.ts';

const momentMs = 10_000;

const failures: readonly Failure[] = [
  { status: 503, html: true },
  { status: 500, errorCode: 'UNEXPECTED_ERROR' },
  { status: 502, html: true },
  { status: 429, errorCode: 'RATE_LIMITED', retryAfterSeconds: 5 },
];

export function troubled(troupe: Troupe, chance: Chance): Troupe {
  return { ...troupe, clusters: troupe.clusters.map((cluster) => ({ ...cluster, failing: mayFail(cluster, chance) })) };
}

function mayFail({ name, failing }: Cluster, chance: Chance): (nowMs: number) => Failure | undefined {
  return (nowMs) => {
    const usual = typeof failing === 'function' ? failing(nowMs) : failing;
    const moment = Math.floor(nowMs / momentMs);
    return usual ?? failures[Math.floor(chance.of('chaos', name, moment) * failures.length * 4)];
  };
}
