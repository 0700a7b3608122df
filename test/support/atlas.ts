/**
 * Simulated Atlases over real sockets. After each test they are closed with everything else that the test has opened,
 * in reverse order.
 */
import { afterEach } from '@jest/globals';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/simulator.ts';
import { createFixedWorld, type FixedCluster, type FixedProject } from './fixed-world.js';
import { GROUP_ID } from './states.ts';

interface Closable {
  close(): unknown;
}

const open: Closable[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

export function closeLater<T extends Closable>(one: T): T {
  open.push(one);
  return one;
}

export async function atlas(
  projects: readonly FixedProject[],
  options: Partial<SimulatorOptions> = {},
): Promise<Simulator> {
  return closeLater(await startSimulator({ world: createFixedWorld(projects), ...options }));
}

export function project(clusters: readonly FixedCluster[], settings: Partial<FixedProject> = {}): FixedProject {
  return { id: GROUP_ID, name: 'Shop', clusters, ...settings };
}
