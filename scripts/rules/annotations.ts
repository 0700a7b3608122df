/** The texts of alerts. Each query in a template costs time for every alert, so there are few. */
import { EXPORT } from './promql.ts';

export const RUNBOOKS =
  'https://github.com/mongodbatlas-backup-exporter/mongodbatlas-backup-exporter/blob/main/deploy/runbooks';

/** The value of a query, printed with a format such as humanizeDuration, or else another text. */
export const value = (query: string, labels: readonly string[], format = '', otherwise = '', before = '') =>
  `{{ with printf ${JSON.stringify(query)} ${labels.map((label) => `$labels.${label}`).join(' ')} | query }}` +
  `${before}{{ . | first | value${format === '' ? '' : ` | ${format}`} }}` +
  `${otherwise === '' ? '' : `{{ else }}${otherwise}`}{{ end }}`;

/** A record of the cluster. */
export const ofCluster = (record: string, format = 'humanizeDuration', otherwise = '', before = '') =>
  value(`${record}{group_id=%q,cluster_name=%q}`, ['group_id', 'cluster_name'], format, otherwise, before);

/** The age of a time of the cluster. */
export const ageOf = (record: string, otherwise: string) =>
  value(`time() - ${record}{group_id=%q,cluster_name=%q}`, ['group_id', 'cluster_name'], 'humanizeDuration', otherwise);

/** A number of a fixed query without labels. */
export const number = (query: string, format = '') =>
  `{{ with query ${JSON.stringify(query)} }}{{ . | first | value${format === '' ? '' : ` | ${format}`} }}{{ end }}`;

/** The name of the project, or its id while the name is unknown. */
export const PROJECT_NAME =
  '{{ $project := $labels.group_id }}' +
  `{{ with printf "project:${EXPORT}project_info:max{group_id=%q}" $labels.group_id | query }}` +
  '{{ $project = . | first | label "project_name" }}{{ end }}{{ $project }}';

/** A link to an address that the user sets: a variable of the template, so that it costs no query. Without it the link is empty. */
const link = (variable: string, rest: string) =>
  `{{ $${variable} := "" }}{{ if $${variable} }}{{ $${variable} }}${rest}{{ end }}`;

/** What every alert on a cluster has. */
export const clusterLinks = {
  status_page: link('status_page', '/targets/{{ $labels.group_id }}/{{ $labels.cluster_name }}'),
  dashboard: link('dashboard', '?var-project={{ $labels.group_id }}&var-cluster={{ $labels.cluster_name }}'),
};

/** What every other alert has. */
export const links = { status_page: link('status_page', '/') };

/** The beginning of the summaries of alerts on a cluster. */
export const CLUSTER_NAME = `{{ $labels.cluster_name }} (project ${PROJECT_NAME})`;
export const CLUSTER_ID = '{{ $labels.cluster_name }} (project {{ $labels.group_id }})';
