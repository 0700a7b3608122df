/** Every collector there is. A new resource is a file, a line here and a slot in TargetState. */
import type { Collector } from './collector.ts';
import { createExportJobs, type ExportJobsSettings } from './export-jobs.ts';

export interface Collectors {
  readonly exports: Collector<'exports'>;
}

export function createCollectors(settings: ExportJobsSettings): Collectors {
  return { exports: createExportJobs(settings) };
}
