/**
 * The API's resources: from an authenticated request to its answer, refusals in the order in which Atlas makes them.
 * It reads the world and nothing else; who the caller is has been found out before.
 */
import { type Answer, refuse, refuseMethod } from './answers.ts';
import { spoiledList } from './fault-lists.ts';
import type { Fault, Operation } from './faults.ts';
import { readView, singleAnswer, type View } from './paging.ts';
import type { RateBucket } from './rate-limits.ts';
import { clusterJson, groupJson, plainScheduleJson } from './resources.ts';
import { refuseVersion } from './version.ts';
import type { Cluster, CredentialKind, Project, World } from './world.ts';

export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly accept: string | undefined;
  readonly caller: CredentialKind;
}

/** Where links point to, and the time at which the world is seen. */
export interface Setting {
  readonly world: World;
  readonly linkOrigin: string;
  readonly nowMs: number;
  /** What is wrong with lists at the moment; other faults are no business of a resource. */
  readonly fault?: Fault | undefined;
}

export interface Resource {
  readonly operation: Operation;
  readonly bucket: RateBucket;
  /** Both empty where the address has none. */
  readonly groupId: string;
  readonly clusterName: string;
  answer(request: ApiRequest, setting: Setting): Answer;
}

interface Call extends Setting {
  readonly view: View;
  readonly caller: CredentialKind;
  readonly base: string;
  readonly url: string;
  /** Empty where the address has none. */
  readonly groupId: string;
  readonly clusterName: string;
  readonly exportId: string;
}

type Found = { readonly project: Project; readonly cluster: Cluster };

interface Route {
  readonly operation: Operation;
  readonly pattern: RegExp;
  readonly bucket: RateBucket;
  readonly answer: (call: Call) => Answer;
}

export const apiRoot = '/api/atlas/v2';
const backup = '^/groups/([^/]+)/clusters/([^/]+)/backup';

const routes: readonly Route[] = [
  { operation: 'groups', pattern: /^\/groups$/, bucket: 'projects', answer: listGroups },
  { operation: 'group', pattern: /^\/groups\/([^/]+)$/, bucket: 'projects', answer: ofProject(getGroup) },
  {
    operation: 'clusters',
    pattern: /^\/groups\/([^/]+)\/clusters$/,
    bucket: 'clusters',
    answer: ofProject(listClusters),
  },
  {
    operation: 'exports',
    pattern: new RegExp(`${backup}/exports$`),
    bucket: 'cloud_backups',
    answer: ofCluster(listExports),
  },
  {
    operation: 'export',
    pattern: new RegExp(`${backup}/exports/([^/]+)$`),
    bucket: 'cloud_backups',
    answer: ofCluster(getExport),
  },
  {
    operation: 'schedule',
    pattern: new RegExp(`${backup}/schedule$`),
    bucket: 'cloud_backups',
    answer: ofCluster(getSchedule),
  },
];

/** The resource at that path, unless there is none. */
export function findResource(path: string): Resource | undefined {
  const inApi = path.startsWith(apiRoot) ? path.slice(apiRoot.length) : '';
  for (const { operation, pattern, bucket, answer } of routes) {
    const match = pattern.exec(inApi);
    if (match) {
      const [groupId = '', clusterName = '', exportId = ''] = match.slice(1).map(decode);
      return {
        operation,
        bucket,
        groupId,
        clusterName,
        answer: (request, setting) => answerCall(request, setting, answer, { groupId, clusterName, exportId }),
      };
    }
  }
  return undefined;
}

function answerCall(
  { method, path, query, accept, caller }: ApiRequest,
  setting: Setting,
  answer: (call: Call) => Answer,
  named: Pick<Call, 'groupId' | 'clusterName' | 'exportId'>,
): Answer {
  if (method !== 'GET') {
    return refuseMethod('GET');
  }
  const refusal = refuseVersion(accept);
  if (refusal) {
    return refusal;
  }
  const view = readView(query);
  if ('refusal' in view) {
    return view.refusal;
  }
  const base = setting.linkOrigin + apiRoot;
  return answer({ ...setting, view, caller, base, url: setting.linkOrigin + path, ...named });
}

function listGroups({ world, caller, view, base, url, fault }: Call): Answer {
  const visible = world.projects().filter((project) => maySee(caller, project));
  const groups = visible.map((project) => groupJson(project, base));
  return spoiledList(groups, view, url, fault);
}

function getGroup({ view, base }: Call, project: Project): Answer {
  return singleAnswer(groupJson(project, base), view);
}

function listClusters({ view, base, url, fault }: Call, project: Project): Answer {
  const listed = project.clusters.filter((cluster) => !cluster.multiCloud && cluster.kind !== 'flex');
  const clusters = listed.map((cluster) => clusterJson(project, cluster, base));
  return spoiledList(clusters, view, url, fault);
}

function listExports({ world, groupId, clusterName, nowMs, view, url, fault }: Call): Answer {
  return spoiledList(world.exports(groupId, clusterName, nowMs), view, url, fault);
}

function getExport({ world, groupId, clusterName, exportId, nowMs, view }: Call): Answer {
  const jobs = world.exports(groupId, clusterName, nowMs);
  const found = jobs.find((job) => typeof job === 'object' && job !== null && 'id' in job && job.id === exportId);
  return found === undefined
    ? refuse({
        status: 404,
        errorCode: 'RESOURCE_NOT_FOUND',
        detail: `Cluster ${clusterName} has no export ${exportId}.`,
        parameters: [exportId],
      })
    : singleAnswer(found, view);
}

function getSchedule({ world, groupId, clusterName, nowMs, view }: Call, { project, cluster }: Found): Answer {
  const schedule = world.schedule(groupId, clusterName, nowMs) ?? plainScheduleJson(project, cluster);
  return singleAnswer(schedule, view);
}

/** Answers for a project that exists and that the caller may use. */
function ofProject(answer: (call: Call, project: Project) => Answer): (call: Call) => Answer {
  return (call) => {
    const { groupId, world, caller } = call;
    if (!/^[a-f0-9]{24}$/.test(groupId)) {
      return refuseValue('INVALID_GROUP_ID', 'groupId', groupId);
    }
    const project = world.project(groupId);
    if (project === undefined) {
      const detail = `There is no group ${groupId}.`;
      return refuse({ status: 404, errorCode: 'GROUP_NOT_FOUND', detail, parameters: [groupId] });
    }
    if (!maySee(caller, project)) {
      const detail = `This credential does not belong to group ${groupId}.`;
      return refuse({ status: 401, errorCode: 'NOT_IN_GROUP', detail, parameters: [groupId] });
    }
    if (project.forbidden !== undefined) {
      const detail = `This credential may not do that in group ${groupId} from here.`;
      return refuse({ status: 403, errorCode: project.forbidden, detail, parameters: [groupId] });
    }
    return answer(call, project);
  };
}

/** Answers for a cluster that exists and has backups of the kind asked for. */
function ofCluster(answer: (call: Call, found: Found) => Answer): (call: Call) => Answer {
  return ofProject((call, project) => {
    const { groupId, clusterName, world } = call;
    if (!/^[a-zA-Z0-9][a-zA-Z0-9-]*$/.test(clusterName)) {
      return refuseValue('INVALID_CLUSTER_NAME', 'clusterName', clusterName);
    }
    const cluster = world.cluster(groupId, clusterName);
    const parameters = [clusterName, groupId];
    if (cluster === undefined) {
      const detail = `Group ${groupId} has no cluster ${clusterName}.`;
      return refuse({ status: 404, errorCode: 'CLUSTER_NOT_FOUND', detail, parameters });
    }
    if (cluster.kind === 'flex') {
      const errorCode = 'CANNOT_USE_FLEX_CLUSTER_IN_CLUSTER_API';
      const detail = `${clusterName} is a flex cluster, which this API does not serve.`;
      return refuse({ status: 400, errorCode, detail, parameters: [clusterName] });
    }
    return answer(call, { project, cluster });
  });
}

function refuseValue(errorCode: string, name: string, value: string): Answer {
  return refuse({ status: 400, errorCode, detail: `${name} has not the right form.`, parameters: [value] });
}

function maySee(caller: CredentialKind, project: Project): boolean {
  return project.credentials?.includes(caller) ?? true;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    // Taken as it is, it has not the form of any name and is refused as such.
    return segment;
  }
}
