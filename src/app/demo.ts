/** The `demo` command: the Atlas simulator and the daemon in one process, on loopback, with all kinds of credentials. */
import type { DemoFlags } from '../cli/parse.ts';
import { loadConfig } from '../config/load.ts';
import { formatProblem } from '../config/problems.ts';
import { createDemoWorld, type DemoTarget, type DemoWorld } from '../simulator/demo-world.ts';
import { type Simulator, startSimulator } from '../simulator/simulator.ts';
import { type Daemon, type DaemonSettings, startDaemon } from './daemon.ts';

const KEY_EXPIRES_IN_MS = 20 * 24 * 3600 * 1000;

export async function startDemonstration(
  settings: Omit<DaemonSettings, 'config' | 'readConfig'> & { flags: DemoFlags; say(text: string): void },
): Promise<Pick<Daemon, 'stop'>> {
  const { speed, seed } = settings.flags;
  const startedAtMs = settings.runtime.wallSeconds() * 1000;
  const world = createDemoWorld({ seed, startedAtMs, speed });
  const simulator = await startSimulator({ world });
  const text = configText(simulator, world.targets, startedAtMs + KEY_EXPIRES_IN_MS);
  const readConfig = () =>
    loadConfig({
      paths: ['demo.yml'],
      targets: [],
      cwd: '/',
      env: {},
      files: {
        readText: () => Promise.resolve({ value: text }),
        readSmall: () => Promise.resolve({ problem: 'the demo has no such file' }),
      },
      onSecret: () => undefined,
    });
  const loaded = await readConfig();
  if ('problems' in loaded) throw new Error(loaded.problems.map(formatProblem).join('\n'));
  const daemon = await startDaemon({ ...settings, config: loaded.config, readConfig });
  const command = exportCommand(simulator, world, 'invoices', startedAtMs);
  settings.say(welcome(daemon.urls[0] ?? '', simulator.origin, settings.web.telemetryPath, speed, command));
  return {
    async stop() {
      await daemon.stop();
      await simulator.close();
    },
  };
}

/** The config file of the demo, as JSON, which is YAML too. */
function configText({ origin, credentials }: Simulator, targets: readonly DemoTarget[], keyExpiresAtMs: number) {
  const { clientId, clientSecret, publicKey, privateKey, accessToken } = credentials;
  const discovered = targets.filter(({ projectName }) => projectName === 'Storefront');
  const named = targets.filter((target) => !discovered.includes(target));
  return JSON.stringify({
    // More than Atlas allows, because the demo runs faster than real time, and so polls much more often.
    atlas: { base_url: origin, requests_per_minute: 6000 },
    polling: { interval: '2s', idle_interval: '2s', max_stale: '30s' },
    credentials: [
      { name: 'service-account', service_account: { client_id: clientId, client_secret: clientSecret } },
      {
        name: 'api-key',
        api_key: { public_key: publicKey, private_key: privateKey },
        expires_at: new Date(keyExpiresAtMs).toISOString(),
      },
      { name: 'access-token', access_token: accessToken },
    ],
    defaults: { duration_max: '2h' },
    targets: [
      // The clusters of one project are discovered, with limits from their schedules. The others are configured by name.
      ...discovered.slice(0, 1).map(({ groupId: group_id, credential }) => ({
        group_id,
        credential,
        clusters: 'all',
        discovery_interval: '30s',
        owner: 'payments',
      })),
      ...named.map(({ groupId: group_id, clusterName, credential }) => ({
        group_id,
        credential,
        clusters: [clusterName],
        success_max_age: '26h',
      })),
    ],
  });
}

/** For each cluster: what it shows, and the metrics to look at, without their prefix. */
const CLUSTERS = `
  Storefront     read with the credential service-account; all its clusters are found, and their owner is payments
                                                       discovery_up, cluster_paused, target_info
    orders         healthy, exported daily             auto_export_info, success_max_age_seconds
    billing        exports often fail                  consecutive_failures, failed_jobs
    events         several exports at a time           active_job_progress_ratio, oldest_active_created_timestamp_seconds
    search         cancelled exports                   jobs{state="cancelled"}
    invoices       an export that never started        due_snapshot_state{state="none"}
    returns        automatic export since yesterday    bucket_last_success_timestamp_seconds, auto_export_info
  Insight        read with the credential api-key
    analytics      a sharded cluster                   active_job_shards
    archive        a list of three pages               last_poll_pages, last_poll_jobs
    reports        no export for days                  time() - last_success_timestamp_seconds > success_max_age_seconds
    forecasts      an export that starts hours late    due_snapshot_state, due_snapshot_timestamp_seconds
    models         exports of an old snapshot          destination_data_timestamp_seconds
  Platform       read with the credential access-token
    ledger         an export in an unknown state       jobs{state="unknown"}
    catalog        incomplete successful exports       last_success_collections_exported < last_success_collections
    sessions       most requests to Atlas fail         up, poll_failures_total
    sandbox        a flex cluster: it has no exports   up, poll_failing
    renamed-away   a cluster that does not exist       up, poll_failing
  5f1a00c0000000000000a004, refused to the credential service-account, so its name is not known
    vault          cannot be read                      up, poll_failing`;

/** An export by hand, as a command: it ends the warning about the export that never started. */
function exportCommand({ origin, credentials }: Simulator, world: DemoWorld, name: string, nowMs: number): string {
  const groupId = world.targets.find(({ clusterName }) => clusterName === name)?.groupId ?? '';
  const body = JSON.stringify(world.dueExport(groupId, name, nowMs));
  return `curl --digest -u ${credentials.publicKey}:${credentials.privateKey} \\
    -H 'Accept: application/vnd.atlas.2025-03-12+json' \\
    -d '${body}' \\
    ${origin}/api/atlas/v2/groups/${groupId}/clusters/${name}/backup/exports`;
}

function welcome(url: string, atlas: string, telemetryPath: string, speed: number, exportNow: string): string {
  return `
The exporter is running. Open its status page: it shows which clusters have no recent export, why, and what to do.

  status page   ${url}/
  metrics       ${url}${telemetryPath}
  health        ${url}/-/healthy

It monitors a simulated MongoDB Atlas, a part of this program (at ${atlas}, with no page to open). Nothing leaves this machine.
${speed === 1 ? 'The demo runs in real time.' : `The demo runs ${speed} times faster than real time.`}
What each cluster shows, and in which metrics (mongodbatlas_backup_export_…):
${CLUSTERS}

The newest snapshot of invoices has no export. Start it by hand, as somebody would in Atlas: its warning then ends.

  ${exportNow}

The demo causes the warnings below on purpose. Press Ctrl-C to stop it.
`;
}
