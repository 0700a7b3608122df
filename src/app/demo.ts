/**
 * The `demo` command: the Atlas simulator and the daemon in one process, on loopback, with all kinds of credentials.
 */

import type { SecretSource } from '../atlas/auth/credentials.ts';
import type { DemoFlags } from '../cli/parse.ts';
import type { Config, CredentialConfig } from '../config/config.ts';
import { DEFAULT_RUNBOOKS } from '../config/schema.ts';
import { createDemoWorld, DEFAULT_DEMO_SPEED, type DemoTarget, type DemoWorld } from '../simulator/demo-world.ts';
import { type Simulator, type SimulatorCredentials, startSimulator } from '../simulator/simulator.ts';
import { type Daemon, type DaemonSettings, startDaemon } from './daemon.ts';

export interface DemonstrationSettings extends Omit<DaemonSettings, 'config'> {
  readonly flags: Pick<DemoFlags, 'seed' | 'speed'>;
  say(text: string): void;
}

const HOUR = 3600;
/** Much shorter than for the real Atlas, because the demo runs faster than real time. */
const POLL_SECONDS = 2;
const DISCOVERY_SECONDS = 30;
const DISCOVERED_PROJECT = 'Storefront';
const KEY_EXPIRES_IN_SECONDS = 20 * 24 * HOUR;

export async function startDemonstration(settings: DemonstrationSettings): Promise<Pick<Daemon, 'stop'>> {
  const { flags, runtime } = settings;
  const speed = flags.speed ?? DEFAULT_DEMO_SPEED;
  const startedAtMs = runtime.wallSeconds() * 1000;
  const world = createDemoWorld({ seed: flags.seed ?? 1, startedAtMs, speed });
  const simulator = await startSimulator({ world });
  try {
    const daemon = await startDaemon({
      ...settings,
      config: demoConfig(simulator, world.targets, runtime.wallSeconds()),
    });
    const command = exportCommand(simulator, world, 'invoices', startedAtMs);
    settings.say(welcome(daemon.urls[0] ?? '', simulator.origin, settings.web.telemetryPath, speed, command));
    return {
      async stop() {
        await daemon.stop();
        await simulator.close();
      },
    };
  } catch (error) {
    await simulator.close();
    throw error;
  }
}

function demoConfig(simulator: Simulator, targets: readonly DemoTarget[], wallSeconds: number): Config {
  return {
    atlas: {
      baseUrl: simulator.origin,
      requestTimeoutSeconds: 10,
      pageSize: 500,
      maxPages: 200,
      // More than Atlas allows, because the poll interval is short.
      requestsPerMinute: 6000,
      concurrency: 8,
    },
    credentials: demoCredentials(simulator.credentials, wallSeconds + KEY_EXPIRES_IN_SECONDS),
    polling: {
      intervalSeconds: POLL_SECONDS,
      idleIntervalSeconds: POLL_SECONDS,
      maxStaleSeconds: 15 * POLL_SECONDS,
      maxActiveJobs: 50,
      isRead: {},
    },
    // The clusters of one project are discovered, with limits from their schedules. The others are configured by name.
    targets: targets
      .filter(({ projectName }) => projectName !== DISCOVERED_PROJECT)
      .map(({ groupId, clusterName, credential }) => ({
        groupId,
        clusterName,
        credential,
        successMaxAgeSeconds: 26 * HOUR,
        durationMaxSeconds: 2 * HOUR,
      })),
    discoveries: targets
      .filter(({ projectName }) => projectName === DISCOVERED_PROJECT)
      .slice(0, 1)
      .map(({ groupId, credential }) => ({
        groupId,
        credential,
        exclude: [],
        discoveryIntervalSeconds: DISCOVERY_SECONDS,
        durationMaxSeconds: 2 * HOUR,
        owner: 'payments',
      })),
    webLinks: { runbooks: DEFAULT_RUNBOOKS },
  };
}

function demoCredentials(secrets: SimulatorCredentials, expiresAtSeconds: number): readonly CredentialConfig[] {
  const client_id = synthetic(secrets.clientId);
  const client_secret = synthetic(secrets.clientSecret);
  const public_key = synthetic(secrets.publicKey);
  const private_key = synthetic(secrets.privateKey);
  const access_token = synthetic(secrets.accessToken);
  return [
    { name: 'service-account', kind: 'service_account', secrets: { client_id, client_secret } },
    { name: 'api-key', kind: 'api_key', secrets: { public_key, private_key }, expiresAtSeconds },
    { name: 'access-token', kind: 'access_token', secrets: { access_token } },
  ];
}

function synthetic(value: string): SecretSource {
  return { identity: 'demo', description: 'invented for the demo', read: () => Promise.resolve(value) };
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
