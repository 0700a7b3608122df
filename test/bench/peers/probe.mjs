/**
 * Loaded into a measured process with --import. Answers each message with the longest turn of the event loop since the
 * last message, and with the processor time of the process so far.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 1;
const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delay.enable();
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send({ blockMs: Math.max(0, delay.max / 1e6 - RESOLUTION_MS), cpuMs: (user + system) / 1000 });
  delay.reset();
});
process.channel.unref();
