#!/usr/bin/env node
/**
 * The first moment: what signals do while the rest of the program is loaded, which takes a while. SIGHUP ends nothing: whoever
 * reloads a daemon doesn't know how far it is. SIGTERM and SIGINT end it, also where it is the first process of a container,
 * which the system doesn't end for them.
 */
import { constants } from 'node:os';
import type { HangUps } from './app/program.ts';

function heedHangUps(): HangUps {
  let isWaiting = false;
  let onHangUp = (): void => {
    isWaiting = true;
  };
  const listener = (): void => onHangUp();
  process.on('SIGHUP', listener);
  return {
    answer(how) {
      onHangUp = how;
      if (isWaiting) how();
    },
    leave() {
      process.off('SIGHUP', listener);
      if (isWaiting) process.kill(process.pid, 'SIGHUP');
    },
  };
}

/** @returns leaves them to whoever heeds them from then on */
function heedStops(): () => void {
  const signals = ['SIGTERM', 'SIGINT'] as const;
  function leave(): void {
    for (const signal of signals) process.off(signal, end);
  }
  function end(signal: NodeJS.Signals): void {
    leave();
    process.kill(process.pid, signal);
    process.exit(128 + constants.signals[signal]);
  }
  for (const signal of signals) process.on(signal, end);
  return leave;
}

const early = { hangUps: heedHangUps(), leaveStops: heedStops() };
const { run } = await import('./app/program.ts');
run(early);
