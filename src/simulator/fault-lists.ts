/**
 * Pages of lists that are not what they should be: links, totals, sizes, repetitions. Pure. What is wrong with the items
 * themselves is made elsewhere.
 */
import type { Answer } from './answers.ts';
import { spoilItems } from './fault-items.ts';
import type { Fault } from './faults.ts';
import { listAnswer, type View } from './paging.ts';

type Page = Readonly<Record<string, unknown>>;

/** The same as `listAnswer` where the fault is none of a list. */
export function spoiledList(all: readonly unknown[], view: View, url: string, fault: Fault | undefined): Answer {
  switch (fault?.kind) {
    case 'foreign-links':
      return listAnswer(all, view, fault.to + new URL(url).pathname);
    case 'endless':
      return edited(listAnswer(endlessItems(all, view, fault.ids), { ...view, pageNum: 1 }, url), (page) => ({
        ...page,
        links: endlessLinks(url),
      }));
    case 'total':
      return edited(listAnswer(all, view, url), (page) => withTotal(page, all.length, fault.as));
    case 'page-cap':
      return listAnswer(all, { ...view, itemsPerPage: Math.min(view.itemsPerPage, fault.items) }, url);
    case 'no-links':
      return edited(listAnswer(all, view, url), ({ links: _links, ...page }) => page);
    case 'shift':
      return listAnswer([...newcomers(view.pageNum - 1), ...all], view, url);
    case 'repeat':
      return listAnswer(
        all.flatMap((item) => [item, item]),
        view,
        url,
      );
    case 'envelope':
      return listAnswer(all, { ...view, envelope: true }, url);
    default:
      return listAnswer(spoilItems(all, fault), view, url);
  }
}

function edited(answer: Answer, change: (page: Page) => Page): Answer {
  return { ...answer, body: JSON.stringify(change(JSON.parse(answer.body) as Page)) };
}

function endlessItems(all: readonly unknown[], { pageNum, itemsPerPage }: View, ids = 'same'): readonly unknown[] {
  if (ids === 'same') return all;
  const page = pageNum.toString(16).padStart(6, '0');
  return all
    .slice(0, itemsPerPage)
    .map((item, index) => ({ ...(item as Page), id: `e${page}${index.toString(16).padStart(17, '0')}` }));
}

function endlessLinks(url: string): readonly unknown[] {
  return [
    { href: url, rel: 'self' },
    { href: url, rel: 'next' },
  ];
}

function withTotal({ totalCount: _total, ...page }: Page, right: number, as: string): Page {
  const totals: Readonly<Record<string, unknown>> = {
    higher: right + 1000,
    lower: Math.max(0, right - 3),
    negative: -1,
    text: String(right),
  };
  return as === 'missing' ? page : { ...page, totalCount: totals[as] };
}

/** So many jobs that have come since the first page was read, the newest first. */
function newcomers(count: number): readonly unknown[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `e${(count - index).toString(16).padStart(23, '0')}`,
    state: 'Queued',
  }));
}
