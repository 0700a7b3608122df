/** The projects on the status page: what is wrong with them as notices above everything, their budgets in a table below. */

import { counted, sentence, span } from '../../support/words.ts';
import { type Html, html, nothing } from './html.ts';
import { type Budget, isLow, type ProjectStatus } from './projects.ts';
import { relativeTime } from './times.ts';

const BUDGET_WORDS: Readonly<Record<string, string>> = {
  cloud_backups: 'backups',
  clusters: 'clusters',
  projects: 'project names',
};

/** What hides clusters or slows everything down has to be seen first. */
export function projectNotices(projects: readonly ProjectStatus[]): readonly Html[] {
  return projects.flatMap(({ search, budgets, ...project }) => [
    ...(search?.failure
      ? [
          html`<div class="notice"><p><strong>The clusters of ${nameOf(project)} can’t be found.</strong> ${sentence(search.failure.problem)} ${
            search.goodAtSeconds === undefined
              ? 'None of them is watched, unless it is named.'
              : 'New ones are missing here.'
          }</p><p class="do">${sentence(search.failure.advice)}</p></div>`,
        ]
      : []),
    ...budgets
      .filter(({ pausedForSeconds }) => pausedForSeconds > 0)
      .map(
        (budget) =>
          html`<div class="notice doubt"><p><strong>Atlas wants no requests of ${nameOf(project)}</strong> (${budgetName(budget)}) for another ${span(budget.pausedForSeconds)}: the project’s budget, which all its tools share, is used up.</p><p class="do">Lower atlas.requests_per_minute or lengthen polling.interval, or look who else asks so much.</p></div>`,
      ),
  ]);
}

export function projectTable(projects: readonly ProjectStatus[], nowSeconds: number): Html {
  if (projects.length === 0) return nothing;
  return html`<h2 id="projects">Projects and their API budget</h2>
<div class="card scroll" tabindex="0" role="region" aria-labelledby="projects"><table>
<thead><tr><th scope="col">Project</th><th scope="col">Clusters</th><th scope="col">Search for clusters</th><th scope="col">Requests for</th><th scope="col">Left to all tools, Atlas says</th><th scope="col">Left to this exporter</th></tr></thead>
<tbody>${projects.map((project) => rows(project, nowSeconds))}</tbody>
</table></div>
`;
}

/** One row per budget; what is true of the project itself spans them. */
function rows(project: ProjectStatus, nowSeconds: number): Html {
  const { groupId, name, targets, budgets } = project;
  const tall = html` rowspan="${Math.max(1, budgets.length)}"`;
  const head = html`<th scope="row"${tall}>${name || groupId}${name ? html`<small>${groupId}</small>` : nothing}</th><td${tall}>${targets}</td><td${tall}>${searchWords(project, nowSeconds)}</td>`;
  const [first, ...others] = budgets;
  if (first === undefined) return html`<tr>${head}<td colspan="3" class="no">nothing asked yet</td></tr>\n`;
  return html`<tr>${head}${budgetCells(first)}</tr>
${others.map((budget) => html`<tr class="more">${budgetCells(budget)}</tr>\n`)}`;
}

function budgetCells(budget: Budget): Html {
  return html`<td>${budgetName(budget)}</td><td>${ofAtlas(budget)}</td><td>${ofOurs(budget)}</td>`;
}

function searchWords({ search }: ProjectStatus, nowSeconds: number): Html {
  if (search === undefined) return html`<span class="no">named in the config</span>`;
  const { failure, goodAtSeconds, tried } = search;
  const good = goodAtSeconds === undefined ? nothing : html`found ${relativeTime(goodAtSeconds, nowSeconds)}`;
  if (failure) return html`<span class="trouble">fails</span> ${good}`;
  return tried ? good : html`<span class="no">not yet</span>`;
}

function ofAtlas({ atlas, pausedForSeconds, ...budget }: Budget): Html {
  if (pausedForSeconds > 0) return html`<span class="trouble">nothing for ${span(pausedForSeconds)}</span>`;
  if (atlas === undefined) return html`<span class="no">not said</span>`;
  const words = `${atlas.remaining} of ${atlas.limit}`;
  const label = `${budgetName(budget)}: ${words} left`;
  return html`${meter(atlas.remaining, atlas.limit, label, isLow({ atlas, pausedForSeconds }))} ${words}, ${span(atlas.ageSeconds)} ago`;
}

function ofOurs(budget: Budget): Html {
  const left = Math.floor(budget.remainingRequests);
  const words = `${left} of ${budget.capacityRequests}`;
  const waiting = budget.waitingRequests > 0 ? `, ${counted(budget.waitingRequests, 'request')} waiting` : '';
  return html`${meter(left, budget.capacityRequests, `${budgetName(budget)}: ${words} left`, false)} ${words}${waiting}`;
}

function meter(value: number, most: number, label: string, isShort: boolean): Html {
  return html`<progress value="${value}" max="${Math.max(1, most)}" aria-label="${label}"${isShort ? html` class="low"` : nothing}></progress>`;
}

function budgetName({ name }: Pick<Budget, 'name'>): string {
  return BUDGET_WORDS[name] ?? name;
}

export function nameOf({ name, groupId }: Pick<ProjectStatus, 'name' | 'groupId'>): string {
  return name ? `${name} (${groupId})` : groupId;
}
