/** The addresses to which the pages link: runbooks, Atlas, a dashboard. */
import type { Target } from '../../collectors/collector.ts';
import { type Html, html, nothing } from './html.ts';

export interface PageLinks {
  /** The folder of the runbooks. */
  readonly runbooks: string;
  readonly dashboard?: string | undefined;
  /** The origin of the Atlas user interface; absent where something else answers for Atlas, which has no such pages. */
  readonly atlas?: string | undefined;
}

export function runbookLink({ runbooks }: PageLinks, alert: string | undefined, words = 'Runbook'): Html {
  if (alert === undefined) return nothing;
  return html`<a href="${runbooks.replace(/\/+$/, '')}/${alert}.md">${words}</a>`;
}

/** The words, as a link to the project of the target in Atlas. */
export function projectLink({ atlas }: PageLinks, { groupId }: Target, words: string): Html {
  if (atlas === undefined) return html`<span title="${groupId}">${words}</span>`;
  return html`<a href="${atlas}/v2/${encodeURIComponent(groupId)}">${words}</a>`;
}

export function backupsLink({ atlas }: PageLinks, { groupId, clusterName }: Target): Html {
  if (atlas === undefined) return nothing;
  const path = `/v2/${encodeURIComponent(groupId)}#/clusters/backup/${encodeURIComponent(clusterName)}`;
  return html` · <a href="${atlas}${path}">Open its backups in Atlas</a>`;
}

/** With the variables of the dashboard that comes with the exporter. */
export function dashboardLink({ dashboard }: PageLinks, { groupId, clusterName }: Target): Html {
  if (dashboard === undefined) return nothing;
  const url = new URL(dashboard);
  url.searchParams.set('var-project', groupId);
  url.searchParams.set('var-cluster', clusterName);
  return html` · <a href="${url.href}">Dashboard</a>`;
}
