/** The Prometheus rules: one source for the plain file, the chart and the Prometheus operator. */
import { Document, isScalar, Scalar, visit } from 'yaml';
import { exportAlerts } from './export-alerts.ts';
import { exporterAlerts, pollAlerts } from './exporter-alerts.ts';
import { exportRecords, jobRecords, scheduleRecords } from './facts.ts';
import { forPeople, judgements, reachability } from './judgements.ts';
import { dedent, type Rule } from './promql.ts';
import { settings } from './settings.ts';
import { installationRecords } from './watched.ts';

export interface Group {
  readonly name: string;
  readonly rules: readonly Rule[];
}

/** @param installation the labels that distinguish installations, for example `job` */
export function ruleGroups(installation: string): readonly Group[] {
  const groups: readonly Group[] = [
    { name: 'mongodbatlas-backup-export.settings', rules: settings },
    { name: 'mongodbatlas-backup-export.records', rules: records(installation) },
    { name: 'mongodbatlas-backup-export.alerts', rules: [...exportAlerts, ...pollAlerts] },
    { name: 'mongodbatlas-backup-exporter.alerts', rules: exporterAlerts(installation) },
  ];
  return groups.map(({ name, rules }) => ({
    name,
    rules: rules.map((rule) => ({ ...rule, expr: dedent(rule.expr) })),
  }));
}

/**
 * The recorded series. Most of them remember: a value stays as it is while the exporter cannot know a newer one. The order
 * matters: a rule that reads a record above its definition reads the value of the previous evaluation. Where a series only
 * matters in one state, only that state is recorded: so there are few series while all is well.
 */
function records(installation: string): readonly Rule[] {
  return [
    ...installationRecords(installation),
    ...scheduleRecords(),
    ...exportRecords(),
    ...jobRecords(),
    ...judgements(),
    ...reachability(installation),
    ...forPeople(),
  ];
}

const HEAD = ` Recording rules and alerts for mongodbatlas-backup-exporter. Needs Prometheus 2.42 or newer, 3.x included.
 Made from scripts/rules by \`npm run docs\`.

 Alerts and records about clusters have the labels group_id, cluster_name and owner only. So a rollout starts no new alert, and two
 exporters with the same cluster cause one alert. README.md describes how the rules keep values while an exporter cannot know newer ones.

 Severities: \`critical\` pages somebody, \`warning\` is a ticket for the next working day, \`info\` is for dashboards.
 README.md has the commands that set the addresses of the runbooks, the status page and the dashboard.`;

/** The text of a YAML file; comments of rules stand above them. */
export function rulesFile(content: object): string {
  const document = new Document(content);
  document.commentBefore = HEAD;
  visit(document, {
    Map(_key, node) {
      const comment = node.get('comment');
      if (typeof comment !== 'string') return;
      node.delete('comment');
      node.commentBefore = wrap(comment);
    },
    Pair(_key, { key, value }) {
      if (isScalar(key) && isScalar(value) && key.value === 'expr' && String(value.value).includes('\n'))
        value.type = Scalar.BLOCK_LITERAL;
    },
  });
  return document.toString({ lineWidth: 0 });
}

function wrap(comment: string): string {
  const lines = [''];
  for (const word of comment.split(' ')) {
    if (`${lines.at(-1)} ${word}`.length > 115) lines.push('');
    lines[lines.length - 1] += ` ${word}`;
  }
  return lines.join('\n');
}
