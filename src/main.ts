#!/usr/bin/env node
/**
 * The first moment: from here on SIGHUP ends nothing. The rest of the program takes a while to load, and whoever reloads a
 * daemon doesn't know how far it is.
 */
import type { HangUps } from './program.ts';

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

const hangUps = heedHangUps();
const { run } = await import('./program.ts');
run(hangUps);
