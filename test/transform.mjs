/**
 * Compiles TypeScript for jest with swc, and lets each module read the standard objects once. Jest runs tests in a context of the
 * `vm` module, where each use of a global name passes an interceptor of Node: a loop that calls Math.imul is a hundred times slower.
 */
import swc from '@swc/jest';

/** @typedef {import('@jest/transform').TransformedSource} TransformedSource */

const compiler = /** @type {Required<import('@jest/transform').Transformer>} */ (
  swc.createTransformer({ jsc: { target: 'es2022', parser: { syntax: 'typescript' } } })
);
const names = 'Array, BigInt, Date, Error, JSON, Map, Math, Number, Object, Promise, RegExp, Set, String, Symbol';
/** It is on the first line, so that the numbers of lines stay. It does not count as covered code. */
const prelude = `/* istanbul ignore next */ const { ${names} } = globalThis; `;

// biome-ignore lint/style/noDefaultExport: jest asks for one
export default {
  ...compiler,
  /** @type {typeof compiler.getCacheKey} */
  getCacheKey: (source, path, options) => prelude + compiler.getCacheKey(source, path, options),
  /** @type {typeof compiler.process} */
  process: (source, path, options) => withPrelude(compiler.process(source, path, options)),
  /** @type {typeof compiler.processAsync} */
  processAsync: async (source, path, options) => withPrelude(await compiler.processAsync(source, path, options)),
};

/** @param {TransformedSource} compiled */
function withPrelude(compiled) {
  const isScript = compiled.code.startsWith('#!');
  return isScript ? compiled : { ...compiled, code: prelude + compiled.code };
}
