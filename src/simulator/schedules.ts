/**
 * The backup schedule of a demo cluster: daily snapshots, and an export policy where the cluster has one.
 */

import { dayMs, isoSeconds } from './demo-clock.ts';
import type { Actor } from './demo-clusters.ts';
import { clusterId, plainScheduleJson } from './resources.ts';
import type { Project } from './world.ts';

export function scheduleJson(project: Project, actor: Actor, exportBucketId: string, nowMs: number): unknown {
  const frequencyType = actor.exportFrequency;
  const plain = plainScheduleJson(project, actor);
  const item = {
    frequencyInterval: 1,
    frequencyType: frequencyType ?? 'daily',
    retentionUnit: 'days',
    retentionValue: 7,
  };
  return {
    ...plain,
    autoExportEnabled: frequencyType !== undefined,
    ...(frequencyType ? { export: { exportBucketId, frequencyType } } : {}),
    nextSnapshot: isoSeconds((Math.floor(nowMs / dayMs) + 1) * dayMs),
    policies: [{ id: clusterId(project, actor), policyItems: [item] }],
  };
}
