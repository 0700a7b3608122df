#!/usr/bin/env node
/**
 * Handles signals while the rest of the program is loaded, which takes a moment. A SIGHUP in that time is kept for the
 * command. SIGTERM and SIGINT end the program, also as the first process of a container, for which the kernel has no
 * default handler.
 */
import { constants } from 'node:os';
import type { HangUps } from './app/program.ts';

// Node.js opens its inspector at SIGUSR1, and SIGUSR2 ends a process: a listener switches both off.
for (const signal of ['SIGUSR1', 'SIGUSR2'] as const) process.on(signal, () => undefined);

function keepHangUps(): HangUps {
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

/** @returns a function that removes these handlers */
function endOnStopSignals(): () => void {
  const signals = ['SIGTERM', 'SIGINT'] as const;
  function release(): void {
    for (const signal of signals) process.off(signal, end);
  }
  function end(signal: NodeJS.Signals): void {
    release();
    process.kill(process.pid, signal);
    process.exit(128 + constants.signals[signal]);
  }
  for (const signal of signals) process.on(signal, end);
  return release;
}

const early = { hangUps: keepHangUps(), releaseStops: endOnStopSignals() };
const { run } = await import('./app/program.ts');
run(early);
