/** Projects on the status page: their problems as notices above the clusters, their API budgets in a table below. */
import type { BudgetLevel } from '../../atlas/admission/admission.ts';
import { counted, sentence, span } from '../../support/words.ts';
import { type Html, html, nothing, relativeTime } from './html.ts';
import type { ProjectStatus } from './status.ts';

const BUDGET_WORDS: Readonly<Record<BudgetLevel['name'], string>> = {
  cloud_backups: 'backups',
  clusters: 'clusters',
  projects: 'project names',
};

/** The page shows a warning if less than this share of the API quota is left. */
const LOW_SHARE = 0.25;

export function projectNotices(projects: readonly ProjectStatus[]): readonly Html[] {
  return projects.flatMap((project) => [
    failedDiscovery(project),
    ...project.budgets.filter(({ pausedForSeconds }) => pausedForSeconds > 0).map((budget) => paused(project, budget)),
  ]);
}

function failedDiscovery({ discovery, ...project }: ProjectStatus): Html {
  if (discovery?.failure === undefined) return nothing;
  const { problem, advice } = discovery.failure;
  const impact =
    discovery.goodAtSeconds === undefined
      ? 'They are not monitored, unless the config names them.'
      : 'New clusters may be missing here.';
  return html`<div class="notice"><p><strong>Could not list the clusters of ${nameOf(project)}.</strong> ${sentence(problem)} ${impact}</p><p class="do">${sentence(advice)}</p></div>`;
}

function paused(project: ProjectStatus, { name, pausedForSeconds }: BudgetLevel): Html {
  return html`<div class="notice doubt"><p><strong>Atlas accepts no requests for ${nameOf(project)}</strong> (${BUDGET_WORDS[name]}) for another ${span(pausedForSeconds)}: the API quota of the project is used up. All API clients of the project share it.</p><p class="do">Lower atlas.requests_per_minute, increase polling.interval, or find out which other clients use the quota.</p></div>`;
}

export function projectTable(projects: readonly ProjectStatus[], nowSeconds: number): Html {
  if (projects.length === 0) return nothing;
  return html`<h2 id="projects">Projects and their API budget</h2>
<div class="card scroll" tabindex="0" role="region" aria-labelledby="projects"><table>
<thead><tr><th scope="col">Project</th><th scope="col">Clusters</th><th scope="col">Discovery</th><th scope="col">Requests for</th><th scope="col">API quota left (all clients)</th><th scope="col">Requests left (this exporter)</th></tr></thead>
<tbody>${projects.map((project) => rows(project, nowSeconds))}</tbody>
</table></div>
`;
}

/** One row for each budget; the cells of the project span them. */
function rows(project: ProjectStatus, nowSeconds: number): Html {
  const { groupId, name, targets, budgets } = project;
  const tall = html` rowspan="${Math.max(1, budgets.length)}"`;
  const head = html`<th scope="row"${tall}>${name || groupId}${name ? html`<small>${groupId}</small>` : nothing}</th><td${tall}>${targets}</td><td${tall}>${discoveryWords(project, nowSeconds)}</td>`;
  const [first, ...others] = budgets;
  if (first === undefined) return html`<tr>${head}<td colspan="3" class="no">no requests yet</td></tr>\n`;
  return html`<tr>${head}${budgetCells(first)}</tr>
${others.map((budget) => html`<tr class="more">${budgetCells(budget)}</tr>\n`)}`;
}

function discoveryWords({ discovery }: ProjectStatus, nowSeconds: number): Html {
  if (discovery === undefined) return html`<span class="no">not used</span>`;
  if (!discovery.tried) return html`<span class="no">not yet</span>`;
  const { up, goodAtSeconds: at } = discovery;
  const good = at === undefined ? nothing : html`succeeded ${relativeTime(at, nowSeconds)}`;
  return up ? good : html`<span class="trouble">failed</span> ${good}`;
}

function budgetCells({ name, atlas, pausedForSeconds, ...own }: BudgetLevel): Html {
  const words = BUDGET_WORDS[name];
  const left = Math.floor(own.remainingRequests);
  const waiting = own.waitingRequests > 0 ? `, ${counted(own.waitingRequests, 'request')} waiting` : '';
  let quota = html`<span class="no">unknown</span>`;
  if (pausedForSeconds > 0) quota = html`<span class="trouble">none for ${span(pausedForSeconds)}</span>`;
  else if (atlas)
    quota = html`${meter(words, atlas.remaining, atlas.limit, atlas.remaining < LOW_SHARE * atlas.limit)}, ${span(atlas.ageSeconds)} ago`;
  return html`<td>${words}</td><td>${quota}</td><td>${meter(words, left, own.capacityRequests, false)}${waiting}</td>`;
}

function meter(what: string, left: number, of: number, isLow: boolean): Html {
  const words = `${left} of ${of}`;
  return html`<progress value="${left}" max="${Math.max(1, of)}" aria-label="${what}: ${words} left"${isLow ? html` class="low"` : nothing}></progress> ${words}`;
}

function nameOf({ name, groupId }: Pick<ProjectStatus, 'name' | 'groupId'>): string {
  return name ? `${name} (${groupId})` : groupId;
}
