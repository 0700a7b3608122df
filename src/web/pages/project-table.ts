/** Projects on the status page: their problems as notices above the clusters, their API budgets in a table below. */
import type { BudgetLevel } from '../../atlas/admission/admission.ts';
import { grouped } from '../../collectors/folding.ts';
import type { DiscoveryState } from '../../polling/discovery.ts';
import { counted, sentence, span } from '../../support/words.ts';
import { type Html, html, nothing, relativeTime } from './html.ts';
import { isByOutage, type Overview, type ProjectStatus, projectWords } from './status.ts';

const BUDGET_WORDS: Readonly<Record<BudgetLevel['name'], string>> = {
  cloud_backups: 'backups',
  clusters: 'clusters',
  projects: 'project names',
};

/** The page shows a warning if less than this share of the API quota is left. */
const LOW_SHARE = 0.25;

/** One notice for each cause, however many projects it concerns. */
export function projectNotices({ projects, listings, cause }: Overview): readonly Html[] {
  const isNews = ({ failure }: DiscoveryState): boolean => failure !== undefined && !(cause && isByOutage(failure));
  const failed = projects.filter(({ discovery }) => discovery && isNews(discovery));
  const paused = projects.filter(({ budgets }) => budgets.some(({ pausedForSeconds }) => pausedForSeconds > 0));
  const causes = grouped(
    failed,
    ({ discovery: one }) => `${one?.failure?.problem} ${one?.failure?.advice} ${one?.goodAtSeconds === undefined}`,
  );
  return [
    ...listings.filter(isNews).map((listing) => {
      const known = 'The last known projects stay monitored. New projects may be missing here.';
      return failedDiscovery(`the projects of the credential ${listing.credential}`, listing, known);
    }),
    ...Array.from(causes.values(), (some) =>
      failedDiscovery(`the clusters of ${namesOf(some)}`, some[0]?.discovery, 'New clusters may be missing here.'),
    ),
    ...(paused.length > 0 ? [pausedBudgets(paused)] : []),
  ];
}

/** @param known what follows if it succeeded before */
function failedDiscovery(what: string, { failure, goodAtSeconds }: Partial<DiscoveryState> = {}, known: string): Html {
  const impact = goodAtSeconds === undefined ? 'They are not monitored, unless the config names them.' : known;
  return html`<div class="notice"><p><strong>Could not list ${what}.</strong> ${sentence(failure?.problem ?? '')} ${impact}</p><p class="do">${sentence(failure?.advice ?? '')}</p></div>`;
}

function pausedBudgets(projects: readonly ProjectStatus[]): Html {
  const seconds = Math.max(...projects.flatMap(({ budgets }) => budgets.map((budget) => budget.pausedForSeconds)));
  return html`<div class="notice"><p><strong>Atlas accepts no requests for ${namesOf(projects)}</strong> for up to ${span(seconds)}: the limit that Atlas sets for each project is reached. All API clients of the project share it.</p><p class="do">Lower atlas.requests_per_minute, increase polling.interval, or find out which other clients use the limit.</p></div>`;
}

const MAX_NAMES = 5;

function namesOf(projects: readonly ProjectStatus[]): string {
  const names = projects.slice(0, MAX_NAMES).map(({ name, groupId }) => name || groupId);
  const rest = projects.length - names.length;
  return rest > 0 ? `${names.join(', ')} and ${counted(rest, 'other project')}` : names.join(', ');
}

/** The table of projects, or a group of clusters that is not urgent, is folded if it has more of them than this. */
export const MAX_UNFOLDED = 12;

export function projectTable(projects: readonly ProjectStatus[], nowSeconds: number): Html {
  if (projects.length === 0) return nothing;
  return html`<details id="p"${projects.length > MAX_UNFOLDED ? nothing : html` open`}><summary><h2 id="projects">${counted(projects.length, 'project')} and the limits on their API requests</h2></summary>
<div class="card scroll" tabindex="0" role="region" aria-labelledby="projects"><table>
<thead><tr><th scope="col">Project</th><th scope="col">Clusters</th><th scope="col">List of its clusters</th><th scope="col">Requests for</th><th scope="col">Left of the project’s limit in Atlas,<br>which all its API clients share</th><th scope="col">Left of this exporter’s own limit<br>for the project</th></tr></thead>
<tbody>${projects.map((project) => rows(project, nowSeconds))}</tbody>
</table></div></details>
`;
}

/** One row for each budget; the cells of the project span them. */
function rows(project: ProjectStatus, nowSeconds: number): Html {
  const { groupId, name, targets, budgets } = project;
  const tall = html` rowspan="${Math.max(1, budgets.length)}"`;
  const head = html`<th scope="row"${tall}><span title="${groupId}">${projectWords({ projectName: name, groupId })}</span></th><td${tall}>${targets}</td><td${tall}>${discoveryWords(project, nowSeconds)}</td>`;
  if (budgets.length === 0) return html`<tr>${head}<td colspan="3" class="no">no requests yet</td></tr>\n`;
  return html`${budgets.map((budget, index) => html`<tr${index > 0 ? html` class="more">` : html`>${head}`}${budgetCells(budget)}</tr>\n`)}`;
}

function discoveryWords({ discovery }: ProjectStatus, nowSeconds: number): Html {
  if (discovery === undefined) return html`<span class="no">not used</span>`;
  if (!discovery.tried) return html`<span class="no">not yet</span>`;
  const { up, goodAtSeconds: at } = discovery;
  const good = at === undefined ? nothing : html`succeeded ${relativeTime(at, nowSeconds)}`;
  return up ? good : html`<span class="doubt">failed</span> ${good}`;
}

function budgetCells({ name, atlas, pausedForSeconds, ...own }: BudgetLevel): Html {
  const words = BUDGET_WORDS[name];
  const left = Math.floor(own.remainingRequests);
  const waiting = own.waitingRequests > 0 ? `, ${counted(own.waitingRequests, 'request')} waiting` : '';
  let quota = html`<span class="no">unknown</span>`;
  if (pausedForSeconds > 0) quota = html`<span class="doubt">none for ${span(pausedForSeconds)}</span>`;
  else if (atlas)
    quota = html`${meter(words, atlas.remaining, atlas.limit, atlas.remaining < LOW_SHARE * atlas.limit)}, ${span(atlas.ageSeconds)} ago`;
  return html`<td>${words}</td><td>${quota}</td><td>${meter(words, left, own.capacityRequests, false)}${waiting}</td>`;
}

function meter(what: string, left: number, of: number, isLow: boolean): Html {
  const words = `${left} of ${of}`;
  return html`<progress value="${left}" max="${Math.max(1, of)}" aria-label="${what}: ${words} left"${isLow ? html` class="low"` : nothing}></progress> ${words}`;
}
