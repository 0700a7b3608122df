/** Every collector there is. A new resource is a file, a line here and a slot in TargetState. */

import { type Collector, type Family, SLOTS, type Slot } from './collector.ts';
import { createExportJobs, type ExportJobsSettings } from './exports/collector.ts';
import { createBackupSchedule } from './schedule.ts';

export type Collectors = { readonly [K in Slot]: Collector<K> };

export function createCollectors(settings: ExportJobsSettings): Collectors {
  return { exports: createExportJobs(settings), schedule: createBackupSchedule() };
}

export function familiesOf(collectors: Collectors): readonly Family[] {
  return SLOTS.flatMap((slot) => collectors[slot].families);
}
