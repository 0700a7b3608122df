/** The unit tests of the rules, for promtool: the files of deploy/prometheus/tests. */
import { stringify } from 'yaml';
import { ruleGroups } from '../rules/index.ts';
import { exporterWorlds } from './exporter.ts';
import { exportWorlds } from './exports.ts';
import { pollWorlds } from './polls.ts';
import { rememberedWorlds } from './remembered.ts';
import { stormWorlds } from './storms.ts';
import { testOf, type World } from './world.ts';

const files: Readonly<Record<string, readonly World[]>> = {
  exports: exportWorlds,
  polls: pollWorlds,
  exporter: exporterWorlds,
  'scenario-remembered': rememberedWorlds,
  'scenario-storms': stormWorlds,
};

/** Names and texts. */
export function ruleTests(): readonly (readonly [name: string, text: string])[] {
  return Object.entries(files).flatMap(([name, worlds]) =>
    [1, 4, 10].flatMap((step) => {
      const same = worlds.filter((world) => (world.step ?? 1) === step);
      if (same.length === 0) return [];
      const content = {
        rule_files: ['../rules.yml'],
        evaluation_interval: `${step}m`,
        group_eval_order: ruleGroups('job').map((group) => group.name),
        tests: same.map(testOf),
      };
      const file = step === 1 ? name : `${name}-every-${step}m`;
      return [
        [
          `${file}.test.yml`,
          `# Made from scripts/rule-tests by \`npm run docs\`.\n${stringify(content, { lineWidth: 0 })}`,
        ] as const,
      ];
    }),
  );
}
