/** Polling of clusters of a scripted Atlas, by scripted collectors. */
import { AtlasError } from '../../../src/atlas/error.ts';
import type { Outage } from '../../../src/atlas/observer.ts';
import type { Collector, PollingSettings } from '../../../src/collectors/collector.ts';
import type { FoundProject } from '../../../src/collectors/project.ts';
import { createPolling } from '../../../src/polling/polling.ts';
import type { DiscoveredProject, NamedTarget, Wanted } from '../../../src/polling/targets.ts';
import { createFakeRuntime } from '../../support/fake-runtime.ts';
import { SETTINGS } from '../../support/pages.ts';
import { createRecordingLog } from '../../support/recording-log.ts';
import { GROUP_ID } from '../../support/states.ts';
import { API, createScripted } from './scripted-collector.ts';

export const OTHER_ID = '5e0000000000000000000002';
export const PROJECT: DiscoveredProject = {
  groupId: GROUP_ID,
  credential: 'default',
  exclude: [],
  discoveryIntervalSeconds: 600,
};
const SAME = () => false;
export const unsupported = new AtlasError('unsupported', 'Atlas answered 400');
export const forbidden = new AtlasError('forbidden', 'Atlas answered 403', { status: 403 });

export const keyOf = (clusterName: string) => `${GROUP_ID}/${clusterName}`;

export function named(clusterNames: readonly string[], changes: Partial<NamedTarget> = {}): Wanted {
  const targets = clusterNames.map((clusterName) => ({
    groupId: GROUP_ID,
    clusterName,
    credential: 'default',
    ...changes,
  }));
  return { targets: targets, discoveries: [] };
}

export function discovered(changes: Partial<DiscoveredProject> = {}, targets: readonly NamedTarget[] = []): Wanted {
  return { targets: targets, discoveries: [{ ...PROJECT, ...changes }] };
}

/** Polling with the collectors `exports` and `schedule`, which waits for it. Atlas has the clusters of `atlas`. */
export function setUp(
  wanted: Wanted,
  clusters: readonly string[] | Error = [],
  later: Partial<Collector<unknown>> = {},
) {
  const runtime = createFakeRuntime();
  const { log, lines } = createRecordingLog();
  const exports = createScripted('exports', runtime);
  const pace = () => ({ seconds: 3600, retrySeconds: 300, failedSeconds: 3600 });
  const schedule = createScripted('schedule', runtime, { after: 'exports', pace, ...later });
  const changes: { readonly put: readonly string[]; readonly removed: readonly string[] }[] = [];
  const searches: number[] = [];
  const listings: number[] = [];
  /** The projects whose clusters are discovered, after each change by a list of projects. */
  const namings: string[] = [];
  const atlas = {
    clusters,
    paused: new Set<string>(),
    projectName: 'Shop' as string | Error,
    projects: [] as readonly FoundProject[] | Error,
    foreign: new Set<string>(),
    lastsSeconds: 0,
    isStuck: false,
    outage: undefined as Outage | undefined,
  };
  let settings = SETTINGS;
  const polling = createPolling({
    wanted,
    collectors: [exports.collector, schedule.collector],
    clusterSource: {
      advice: { forbidden: 'add the role Project Read Only' },
      async read(_api, _groupId, signal) {
        searches.push(runtime.monotonicSeconds());
        if (atlas.isStuck) await new Promise(() => undefined);
        if (atlas.lastsSeconds > 0) await runtime.sleep(atlas.lastsSeconds, signal);
        if (atlas.clusters instanceof Error) throw atlas.clusters;
        return { clusters: atlas.clusters.map((name) => ({ name, paused: atlas.paused.has(name) })), notices: [] };
      },
    },
    projectSource: {
      advice: { not_found: 'give it a role' },
      async read() {
        listings.push(runtime.monotonicSeconds());
        if (atlas.projects instanceof Error) throw atlas.projects;
        return { projects: atlas.projects, notices: [] };
      },
    },
    owns: (groupId) => !atlas.foreign.has(groupId),
    async readProjectName(_api, groupId, signal) {
      namings.push(groupId);
      if (atlas.lastsSeconds > 0) await runtime.sleep(atlas.lastsSeconds, signal);
      if (atlas.projectName instanceof Error) throw atlas.projectName;
      return groupId === GROUP_ID ? atlas.projectName : '';
    },
    settings: () => settings,
    concurrency: () => 8,
    apiFor: () => API,
    outage: () => atlas.outage,
    onChange: (put, removed) => changes.push({ put: put.map(({ target }) => target.clusterName), removed }),
    runtime,
    log,
  });
  polling.start();
  return {
    runtime,
    lines,
    exports,
    schedule,
    changes,
    searches,
    listings,
    watched: () => polling.wanted().discoveries.map(({ groupId }) => groupId),
    namings,
    atlas,
    polling,
    names: () => Array.from(polling.states.all(), ({ target }) => target.clusterName),
    targetOf: (clusterName: string) => polling.states.get(keyOf(clusterName))?.target,
    reload(next: Wanted, { isOther = SAME, ...other }: Partial<PollingSettings> & { isOther?: () => boolean } = {}) {
      settings = { ...settings, ...other };
      polling.change(next, isOther);
    },
  };
}
