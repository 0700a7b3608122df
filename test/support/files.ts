/** The file reader for tests that read real files. */
import { createFileReader } from '../../src/config/files.ts';
import { systemRuntime } from '../../src/support/runtime.ts';

export const files = createFileReader(systemRuntime);
