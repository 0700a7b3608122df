/**
 * The export jobs of one cluster: Atlas' list of them, read whole, and the metrics made of it.
 * Source: GET /groups/{groupId}/clusters/{clusterName}/backup/exports, API version 2025-03-12.
 */
import { readList } from '../../atlas/list.ts';
import type { Collector } from '../collector.ts';
import { activeJobFamilies } from './active-families.ts';
import { listFamilies } from './list-families.ts';
import { successFamilies } from './success-families.ts';
import { startExportFold } from './summary.ts';

export interface ExportJobsSettings {
  /** How many active jobs of one target have series of their own. Read anew for each list. */
  readonly maxActiveJobs: number;
}

export function createExportJobs(settings: ExportJobsSettings): Collector<'exports'> {
  return {
    slot: 'exports',
    families: [...listFamilies, ...successFamilies, ...activeJobFamilies],
    isActive: (summary) => summary.activeCount > 0,
    async read(api, { groupId, clusterName }, signal) {
      const resource = {
        operation: 'list_exports',
        budget: 'cloud_backups',
        groupId,
        path: `/groups/${groupId}/clusters/${encodeURIComponent(clusterName)}/backup/exports`,
      } as const;
      const reading = await readList(api, resource, signal, (nth) => startExportFold(nth, settings.maxActiveJobs));
      const { summary, dropped, foreignStates } = reading.result;
      return {
        summary,
        facts: {
          pages: reading.pages,
          jobs: reading.items,
          dropped: { ...dropped },
          ...(reading.reportedItems === undefined ? {} : { reportedJobs: reading.reportedItems }),
        },
        notices: [...foreignStates].map((state) => ({
          message: 'an export job is in a state this version does not know: it counts as unknown',
          facts: { state },
        })),
      };
    },
  };
}
