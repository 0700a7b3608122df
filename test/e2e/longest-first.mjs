/** The longest tests begin first, also on a machine that has never run them, so that the whole run ends sooner. */
import { createRequire } from 'node:module';

/** @type {typeof import('@jest/test-sequencer')} */
const { default: Sequencer } = createRequire(import.meta.url)('@jest/test-sequencer');

const LONGEST = /black-hole|secrets|liveness/;

class LongestFirst extends Sequencer {
  /** @override @param {import('@jest/test-result').Test[]} tests */
  async sort(tests) {
    const sorted = await super.sort(tests);
    return sorted.sort((a, b) => Number(LONGEST.test(b.path)) - Number(LONGEST.test(a.path)));
  }
}

// biome-ignore lint/style/noDefaultExport: jest asks for one
export { LongestFirst as default };
