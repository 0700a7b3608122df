/**
 * The export jobs of one cluster: reads Atlas' complete list and defines its metrics, findings and API fields. Source:
 * GET /groups/{groupId}/clusters/{clusterName}/backup/exports, API version 2025-03-12.
 */
import { readList } from '../../atlas/list.ts';
import { type Collector, PREFIX } from '../collector.ts';
import { scheduledBucketId } from './destination.ts';
import { activeJobFamilies, listFamilies, recordFamilies, successFamilies } from './families.ts';
import { exportFields } from './fields.ts';
import { exportFinders } from './findings.ts';
import { type ExportSummary, NAME, startExportFold } from './summary.ts';

const ODD_TIME = 'an export job has a time that is invalid or more than a day in the future, which is ignored';

export const exportsCollector: Collector<ExportSummary> = {
  name: NAME,
  words: {
    title: 'Export jobs',
    one: 'export job',
    many: 'export jobs',
    resource: 'list of export jobs',
    cadence:
      'The exporter reads the list at every poll: every `polling.interval` while an export is active, else every `polling.idle_interval`.',
  },
  role: 'Project Backup Manager',
  operation: 'list_exports',
  upMetric: `${PREFIX}up`,
  limits: ['active_jobs', 'error_codes', 'export_buckets'],
  pace(summary, { intervalSeconds, idleIntervalSeconds }) {
    // Before the first successful poll, an export may be active.
    const isBusy = summary === undefined || summary.activeCount > 0;
    const seconds = isBusy ? intervalSeconds : idleIntervalSeconds;
    return { seconds, retrySeconds: seconds, failedSeconds: idleIntervalSeconds };
  },
  async read(api, state, { maxActiveJobs }, signal, nowSeconds) {
    const { groupId, clusterName } = state.target;
    const resource = {
      operation: exportsCollector.operation,
      budget: 'cloud_backups',
      groupId,
      path: `/groups/${groupId}/clusters/${encodeURIComponent(clusterName)}/backup/exports`,
    } as const;
    const { result, pages, items, reportedItems } = await readList(api, resource, signal, (nth) =>
      startExportFold(nth, { maxActiveJobs, nowSeconds, scheduledBucketId: scheduledBucketId(state) }),
    );
    const { summary, dropped, foreignStates, hasOddTimes } = result;
    return {
      summary,
      facts: { pages, items, reportedItems, dropped },
      notices: [
        ...[...foreignStates].map((state) => ({
          message: 'an export job has a state that this version does not know; it is counted as unknown',
          facts: { state },
        })),
        ...(hasOddTimes ? [{ message: ODD_TIME, facts: {} }] : []),
      ],
    };
  },
  recordFamilies,
  families: [...listFamilies, ...successFamilies, ...activeJobFamilies],
  findings: exportFinders,
  fields: exportFields,
};
