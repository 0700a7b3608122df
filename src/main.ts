#!/usr/bin/env node
/**
 * Handles signals while the rest of the program is loaded, which takes a moment. A SIGHUP in that time is kept for the
 * command. SIGTERM and SIGINT end the program, also as the first process of a container, for which the kernel has no
 * default handler.
 */
import { constants } from 'node:os';
import type { EarlySignals } from './app/program.ts';

const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const;

// Node.js opens its inspector at SIGUSR1, and SIGUSR2 ends a process: a listener switches both off.
for (const signal of ['SIGUSR1', 'SIGUSR2'] as const) process.on(signal, () => undefined);

function keepHangUps(): EarlySignals['hangUps'] {
  let isWaiting = false;
  let onHangUp = (): void => {
    isWaiting = true;
  };
  const listener = (): void => onHangUp();
  process.on('SIGHUP', listener);
  return {
    handle(handler) {
      onHangUp = handler;
      if (isWaiting) handler();
    },
    release() {
      process.off('SIGHUP', listener);
      if (isWaiting) process.kill(process.pid, 'SIGHUP');
    },
  };
}

/** SIGTERM and SIGINT. They end the program at once, until a command handles them. */
function keepStops(): EarlySignals['stops'] {
  let onStop = end;
  for (const name of STOP_SIGNALS) process.on(name, (signal) => onStop(signal));

  function release(): void {
    for (const name of STOP_SIGNALS) process.removeAllListeners(name);
  }
  /** The default action of the signal ends the program even if a read of a file hangs; process.exit waits for it. */
  function end(signal: NodeJS.Signals): void {
    release();
    process.kill(process.pid, signal);
    // The kernel ignores the default action of the first process of a container.
    process.exit(128 + constants.signals[signal]);
  }
  return {
    handleFirst(handler) {
      onStop = () => {
        onStop = end;
        handler();
      };
    },
    release,
  };
}

const early = { hangUps: keepHangUps(), stops: keepStops() };
const { run } = await import('./app/program.ts');
run(early);
