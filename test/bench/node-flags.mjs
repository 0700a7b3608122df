import { readFileSync } from 'node:fs';

const dockerfile = readFileSync(new URL('../../Dockerfile', import.meta.url), 'utf8');
const [, entryPoint = '[]'] = /^ENTRYPOINT (\[.*\])$/m.exec(dockerfile) ?? [];

/** The flags of Node.js with which the image starts the exporter. The systemd unit has the same. */
export const NODE_FLAGS = JSON.parse(entryPoint).filter((argument) => argument.startsWith('--'));
