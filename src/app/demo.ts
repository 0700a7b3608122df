/**
 * The `demo` command: the embedded Atlas simulator and the daemon against it, on loopback, with all three kinds of
 * credentials. Nothing leaves this machine. It shows what the program does; it is configured by no file.
 */
import type { DemoFlags } from '../cli/command-line.ts';
import type { Config, CredentialConfig, SecretSource } from '../config/config.ts';
import { createDemoWorld, DEFAULT_DEMO_SPEED, type DemoTarget } from '../simulator/demo-world.ts';
import { type Simulator, type SimulatorCredentials, startSimulator } from '../simulator/simulator.ts';
import { type Daemon, type DaemonSettings, startDaemon } from './daemon.ts';

export interface DemonstrationSettings extends Omit<DaemonSettings, 'config'> {
  readonly flags: Pick<DemoFlags, 'seed' | 'speed'>;
  /** Where the welcome goes. */
  say(text: string): void;
}

const HOUR = 3600;
/** The demo's exports run in fast motion, so it looks more often than anyone should look at Atlas. */
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
    settings.say(welcome(daemon.urls[0] ?? '', simulator.origin, settings.web.telemetryPath, speed));
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
      // Fast motion needs more than Atlas would grant.
      requestsPerMinute: 6000,
      concurrency: 8,
    },
    credentials: demoCredentials(simulator.credentials, wallSeconds + KEY_EXPIRES_IN_SECONDS),
    polling: {
      intervalSeconds: POLL_SECONDS,
      idleIntervalSeconds: POLL_SECONDS,
      maxStaleSeconds: 15 * POLL_SECONDS,
      maxActiveJobs: 50,
      readSchedule: true,
    },
    // One project is discovered, and its schedules say what to expect; the others are named.
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
      })),
  };
}

function demoCredentials(secrets: SimulatorCredentials, expiresAtSeconds: number): readonly CredentialConfig[] {
  const { clientId, clientSecret, publicKey, privateKey, accessToken } = secrets;
  return [
    {
      name: 'service-account',
      kind: 'service_account',
      clientId: synthetic(clientId),
      clientSecret: synthetic(clientSecret),
    },
    {
      name: 'api-key',
      kind: 'api_key',
      publicKey: synthetic(publicKey),
      privateKey: synthetic(privateKey),
      expiresAtSeconds,
    },
    { name: 'access-token', kind: 'access_token', accessToken: synthetic(accessToken) },
  ];
}

function synthetic(value: string): SecretSource {
  return { description: 'made up for the demo', read: () => Promise.resolve(value) };
}

/** What each cluster is there to show, and where; the metrics without their prefix. */
const SIGHTS = `
  Storefront: clusters that are found, not named       discovery_up, cluster_paused, target_info
    orders         a healthy cluster, exported daily   auto_export_info, success_max_age_seconds
    billing        its newest exports have failed      consecutive_failures, failed_jobs
    events         several exports at a time           active_job_progress_ratio, oldest_active_created_timestamp_seconds
    search         somebody cancels exports            jobs{state="cancelled"}
  Insight
    analytics      a sharded cluster                   active_job_shards
    archive        a list of three pages               last_poll_pages, last_poll_jobs
    reports        no export for days                  time() - last_success_timestamp_seconds > success_max_age_seconds
  Platform
    ledger         a state that nobody knows           jobs{state="unknown"}
    catalog        successes that are not whole        last_success_collections_exported < last_success_collections
    sessions       Atlas answers it now and then only  up, poll_failures_total
    sandbox, renamed-away      can’t be read           up, poll_failing
  a project whose name the exporter may not know
    vault          can’t be read from here             up, poll_failing`;

function welcome(url: string, atlas: string, telemetryPath: string, speed: number): string {
  return `
A simulated MongoDB Atlas runs at ${atlas}, and the exporter watches it. Nothing leaves this machine.
Begin with the status page: which cluster has no recent export, why, and what to do.

  status page   ${url}/
  metrics       ${url}${telemetryPath}
  health        ${url}/-/healthy

The past took its real time; from now on everything goes ${speed} times as fast. What there is to see, by project
and cluster, and in which metrics (mongodbatlas_backup_export_…):
${SIGHTS}

The warnings below belong to the story. Stop with Ctrl-C.
`;
}
