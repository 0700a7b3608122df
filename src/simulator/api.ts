/** The resources of the API. Checks are in Atlas' order: method, version, query, project, permission, cluster. */
import type { IncomingHttpHeaders } from 'node:http';
import { type Answer, type List, listAnswer, readView, refuse, refuseMethod, succeed, type View } from './answers.ts';
import type { RateBucket } from './rate-limits.ts';
import {
  type Cluster,
  type CredentialKind,
  clusterJson,
  groupJson,
  type Project,
  plainScheduleJson,
  type WantedExport,
  type World,
} from './world.ts';

/** The exporter counts its requests by the same names. */
export type ApiOperation =
  | 'list_groups'
  | 'get_group'
  | 'list_clusters'
  | 'list_exports'
  | 'get_schedule'
  | 'list_snapshots'
  | 'list_sharded_snapshots';

export interface Received {
  readonly method: string;
  /** Path and query as they were sent. Digest signs them. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface ApiRequest extends Received {
  readonly path: string;
  readonly caller: CredentialKind;
  readonly world: World;
  /** The origin that links begin with. */
  readonly origin: string;
  readonly nowMs: number;
  /** Called with every list before the page is selected. */
  readonly changeList: (list: List) => List;
}

export interface Resource {
  readonly operation: ApiOperation;
  readonly bucket: RateBucket;
  /** Empty for the list of projects. */
  readonly groupId: string;
  /** Empty if the path has none. */
  readonly clusterName: string;
  answer(request: ApiRequest): Answer;
}

interface Call extends ApiRequest {
  readonly view: View;
  readonly groupId: string;
  readonly clusterName: string;
}

type ClusterAnswer = (call: Call, project: Project, cluster: Cluster) => Answer;

interface Route {
  readonly operation: ApiOperation;
  readonly bucket: RateBucket;
  readonly path: RegExp;
  readonly answer: (call: Call) => Answer;
  /** Answers POST. Absent: only GET is allowed. */
  readonly post?: (call: Call) => Answer;
}

const routes: readonly Route[] = [
  { operation: 'list_groups', path: pathOf(''), bucket: 'projects', answer: listGroups },
  { operation: 'get_group', path: pathOf('/GROUP'), bucket: 'projects', answer: ofProject(getGroup) },
  { operation: 'list_clusters', path: pathOf('/GROUP/clusters'), bucket: 'clusters', answer: ofProject(listClusters) },
  { ...backups('list_exports', 'exports', listExports), post: ofCluster(createExport) },
  backups('get_schedule', 'schedule', getSchedule),
  backups('list_snapshots', 'snapshots', listSnapshots),
  backups('list_sharded_snapshots', 'snapshots/shardedClusters', listShardedSnapshots),
];

function backups(operation: ApiOperation, name: string, answer: ClusterAnswer): Route {
  const path = pathOf(`/GROUP/clusters/CLUSTER/backup/${name}`);
  return { operation, path, bucket: 'cloud_backups', answer: ofCluster(answer) };
}

function pathOf(below: string): RegExp {
  return new RegExp(`^/api/atlas/v2/groups${below.replaceAll(/[A-Z]+/g, '([^/]+)')}$`);
}

/** @returns undefined if no resource has this path */
export function findResource(path: string): Resource | undefined {
  const route = routes.find((one) => one.path.test(path));
  if (route === undefined) return undefined;
  const { operation, bucket } = route;
  const [groupId = '', clusterName = ''] = (route.path.exec(path) ?? []).slice(1).map(decode);
  const answer = (sent: ApiRequest) => answerRequest(sent, groupId, clusterName, route);
  return { operation, bucket, groupId, clusterName, answer };
}

function answerRequest(request: ApiRequest, groupId: string, clusterName: string, { answer, post }: Route): Answer {
  const respond = request.method === 'POST' ? post : answer;
  if (respond === undefined || !['GET', 'POST'].includes(request.method)) return refuseMethod('GET');
  const refusal = refuseVersion(request.headers.accept);
  if (refusal) return refusal;
  const view = readView(new URLSearchParams(request.target.slice(request.path.length)));
  return 'status' in view ? view : respond({ ...request, view, groupId, clusterName });
}

/** Every date from the first version on is accepted, because the simulator does not know all versions. */
function refuseVersion(accept: string | undefined): Answer | undefined {
  const version = /application\/vnd\.atlas\.([^\s;,+]+)\+json/i.exec(accept ?? '')?.[1];
  if (version === undefined) {
    const detail = 'The Accept header names no API version.';
    return refuse({ status: 406, errorCode: 'NOT_ACCEPTABLE', detail });
  }
  if (/^\d{4}-\d{2}-\d{2}$/.test(version) && version >= '2023-01-01') return undefined;
  const detail = `There is no API version ${version}.`;
  return refuse({ status: 400, errorCode: 'INVALID_VERSION_DATE', detail, parameters: [version] });
}

function listGroups(call: Call): Answer {
  const visible = call.world.projects().filter(({ credentials }) => credentials?.includes(call.caller) ?? true);
  return list(call, visible.map(groupJson));
}

function getGroup(_call: Call, project: Project): Answer {
  return succeed(groupJson(project));
}

function listClusters(call: Call, project: Project): Answer {
  // Atlas lists flex clusters elsewhere.
  const listed = project.clusters.filter(({ kind }) => kind !== 'flex');
  return list(
    call,
    listed.map((cluster) => clusterJson(project, cluster)),
  );
}

function listExports(call: Call): Answer {
  return list(call, call.world.exports(call.groupId, call.clusterName, call.nowMs));
}

/** An export by hand, of one snapshot into one bucket. */
function createExport({ body, world, groupId, clusterName, nowMs }: Call): Answer {
  if (world.startExport === undefined) return refuseMethod('GET');
  const wanted = readWantedExport(body);
  if (wanted === undefined) {
    const detail = 'The body must be JSON with snapshotId and exportBucketId.';
    return refuse({ status: 400, errorCode: 'MISSING_ATTRIBUTE', detail });
  }
  const job = world.startExport(groupId, clusterName, wanted, nowMs);
  if (job !== undefined) return succeed(job);
  const detail = `${clusterName} has no such snapshot, or no such bucket.`;
  return refuse({ status: 404, errorCode: 'RESOURCE_NOT_FOUND', detail, parameters: Object.values(wanted) });
}

function readWantedExport(body: string): WantedExport | undefined {
  try {
    const { snapshotId, exportBucketId } = Object(JSON.parse(body)) as Record<string, unknown>;
    if (typeof snapshotId !== 'string' || typeof exportBucketId !== 'string') return undefined;
    return { snapshotId, exportBucketId };
  } catch {
    return undefined;
  }
}

function getSchedule({ world, groupId, clusterName, nowMs }: Call, project: Project, cluster: Cluster): Answer {
  return succeed(world.schedule(groupId, clusterName, nowMs) ?? plainScheduleJson(project, cluster));
}

function listSnapshots(call: Call, _project: Project, cluster: Cluster): Answer {
  if (cluster.kind === 'sharded') return refuseKind(cluster);
  return list(call, call.world.snapshots(call.groupId, call.clusterName, call.nowMs));
}

/** This list has no pages. */
function listShardedSnapshots(call: Call, _project: Project, cluster: Cluster): Answer {
  if (cluster.kind !== 'sharded') return refuseKind(cluster);
  const items = call.world.snapshots(call.groupId, call.clusterName, call.nowMs);
  return list({ ...call, view: { pageNum: 1, itemsPerPage: Number.MAX_SAFE_INTEGER } }, items);
}

/** Atlas does not document what it answers here. */
function refuseKind({ name }: Cluster): Answer {
  const detail = `The snapshots of ${name} are in the list for the other kind of cluster.`;
  return refuse({ status: 404, errorCode: 'RESOURCE_NOT_FOUND', detail, parameters: [name] });
}

function list({ view, origin, path, changeList }: Call, items: readonly unknown[]): Answer {
  return listAnswer(changeList({ items, view, url: origin + path }));
}

function ofProject(answer: (call: Call, project: Project) => Answer): (call: Call) => Answer {
  return (call) => {
    const { groupId, world, caller } = call;
    const parameters = [groupId];
    if (!/^[a-f0-9]{24}$/.test(groupId)) {
      const detail = 'groupId is not 24 lower-case hexadecimal digits.';
      return refuse({ status: 400, errorCode: 'INVALID_GROUP_ID', detail, parameters });
    }
    const project = world.project(groupId);
    if (project === undefined) {
      const detail = `There is no group ${groupId}.`;
      return refuse({ status: 404, errorCode: 'GROUP_NOT_FOUND', detail, parameters });
    }
    if (project.credentials?.includes(caller) === false) {
      const detail = `The credential does not belong to group ${groupId}.`;
      return refuse({ status: 401, errorCode: 'NOT_IN_GROUP', detail, parameters });
    }
    if (project.forbidden !== undefined) {
      const detail = `The credential is not allowed to read group ${groupId} from this address.`;
      return refuse({ status: 403, errorCode: project.forbidden, detail, parameters });
    }
    return answer(call, project);
  };
}

function ofCluster(answer: ClusterAnswer): (call: Call) => Answer {
  return ofProject((call, project) => {
    const { groupId, clusterName, world } = call;
    if (!/^[a-zA-Z0-9][a-zA-Z0-9-]*$/.test(clusterName)) {
      const detail = 'clusterName has invalid characters.';
      return refuse({ status: 400, errorCode: 'INVALID_CLUSTER_NAME', detail, parameters: [clusterName] });
    }
    const cluster = world.cluster(groupId, clusterName);
    if (cluster === undefined) {
      const detail = `Group ${groupId} has no cluster ${clusterName}.`;
      return refuse({ status: 404, errorCode: 'CLUSTER_NOT_FOUND', detail, parameters: [clusterName, groupId] });
    }
    if (cluster.kind === 'flex') {
      const errorCode = 'CANNOT_USE_FLEX_CLUSTER_IN_CLUSTER_API';
      const detail = `${clusterName} is a flex cluster. This API does not serve flex clusters.`;
      return refuse({ status: 400, errorCode, detail, parameters: [clusterName] });
    }
    return answer(call, project, cluster);
  });
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    // A name that cannot be decoded stays encoded. It is then not a valid name, and the checks above refuse it.
    return segment;
  }
}
