/** Wrong pages of lists: links, totals, sizes, repetitions. Pure. */
import type { Answer, List, View } from '../../../src/simulator/answers.ts';
import type { Fault } from './faults.ts';
import { changedItems } from './items.ts';

type Page = Readonly<Record<string, unknown>>;

/** The list from which the page is cut out. */
export function changedList(list: List, fault: Fault): List {
  const { items, view, url } = list;
  switch (fault.kind) {
    case 'foreign-links':
      return { ...list, url: fault.to + new URL(url).pathname };
    case 'endless':
      return { ...list, items: endlessItems(items, view, fault.ids), view: { ...view, pageNum: 1 } };
    case 'page-cap':
      return { ...list, view: { ...view, itemsPerPage: Math.min(view.itemsPerPage, fault.items) } };
    case 'shift':
      return { ...list, items: [...newcomers(view.pageNum - 1), ...items] };
    case 'repeat':
      return { ...list, items: items.flatMap((item) => [item, item]) };
    default:
      return { ...list, items: changedItems(items, fault) };
  }
}

/** The finished page. Answers that are no list are not changed. */
export function changedPage(answer: Answer, fault: Fault): Answer {
  switch (fault.kind) {
    case 'endless':
      return edited(answer, (page) => ({ ...page, links: withNext(page['links']) }));
    case 'total':
      return edited(answer, (page) => withTotal(page, fault.as));
    case 'no-links':
      return edited(answer, ({ links: _links, ...page }) => page);
    default:
      return answer;
  }
}

function edited(answer: Answer, change: (page: Page) => Page): Answer {
  const page = answer.status === 200 ? (JSON.parse(answer.body) as Page) : {};
  return 'results' in page ? { ...answer, body: JSON.stringify(change(page)) } : answer;
}

function endlessItems(all: readonly unknown[], { pageNum, itemsPerPage }: View, ids = 'same'): readonly unknown[] {
  if (ids === 'same') return all;
  const page = pageNum.toString(16).padStart(6, '0');
  return all
    .slice(0, itemsPerPage)
    .map((item, index) => ({ ...(item as Page), id: `e${page}${index.toString(16).padStart(17, '0')}` }));
}

function withNext(links: unknown): readonly unknown[] {
  const [self] = links as readonly Page[];
  return [self, { ...self, rel: 'next' }];
}

function withTotal({ totalCount, ...page }: Page, as: string): Page {
  const right = Number(totalCount);
  const totals: Readonly<Record<string, unknown>> = {
    higher: right + 1000,
    lower: Math.max(0, right - 3),
    negative: -1,
    text: String(right),
  };
  return as === 'missing' ? page : { ...page, totalCount: totals[as] };
}

/** The jobs that were added since the first page, newest first. */
function newcomers(count: number): readonly unknown[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `e${(count - index).toString(16).padStart(23, '0')}`,
    state: 'Queued',
  }));
}
