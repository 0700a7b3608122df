/** The unit tests of the Prometheus rules, for promtool. */
import { ruleGroups } from '../../scripts/rules/index.ts';
import { dayWorld } from './days.ts';
import { detailWorlds } from './details.ts';
import { exporterWorlds } from './exporter.ts';
import { exportWorlds } from './exports.ts';
import { factWorlds } from './facts.ts';
import { ownerWorlds } from './owners.ts';
import { pollWorlds } from './polls.ts';
import { rememberedWorlds } from './remembered.ts';
import { stormWorlds } from './storms.ts';
import { testOf, type World } from './world.ts';

const worlds: readonly World[] = [
  ...exportWorlds,
  ...pollWorlds,
  ...exporterWorlds,
  ...rememberedWorlds,
  ...factWorlds,
  ...detailWorlds,
  ...stormWorlds,
  dayWorld,
  ...ownerWorlds,
];

/** For each world the content of a file for `promtool test rules`. As JSON it is YAML, too. */
export function ruleTests(rulesFile: string) {
  const groups = ruleGroups('job').map((group) => group.name);
  return worlds.map((world) => ({
    rule_files: [rulesFile],
    evaluation_interval: `${world.step ?? 1}m`,
    group_eval_order: groups,
    tests: [testOf(world)],
  }));
}
