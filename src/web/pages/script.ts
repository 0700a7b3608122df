/**
 * The script of the pages: it filters while the reader types, and refreshes the page in place. Everything else works
 * without it. A refresh merges the new page into the old one: scroll position, focus, selection and typed text stay.
 */
export const SCRIPT = `'use strict';
(() => {
  const INTERVAL_MS = 10000, TIMEOUT_MS = 8000;
  const main = document.querySelector('main');
  const live = document.getElementById('live');
  const pause = document.getElementById('pause');
  let paused = false, running = false;
  document.documentElement.classList.add('js');

  // The filter has the same rules as the server's createMatcher. Only the status page has a form.
  const form = () => document.querySelector('form');
  const field = (name) => form().elements.namedItem(name);
  const FIELDS = ['q', 'now', 'owner'];
  function filter() {
    const terms = field('q').value.toLowerCase().split(/\\s+/).filter(Boolean);
    const wanted = field('now').value, owner = field('owner').value;
    const rows = [...main.querySelectorAll('tr[data-s]')];
    for (const row of rows) {
      const link = row.querySelector('a');
      const words = (link.textContent + ' ' + row.querySelector('small').textContent).toLowerCase();
      const key = decodeURIComponent(link.getAttribute('href').slice('targets/'.length)).toLowerCase();
      const fits = terms.every((term) => words.includes(term) || key.startsWith(term));
      row.hidden = !fits || (wanted !== '' && !row.dataset.s.split(' ').includes(wanted)) || (owner !== '' && row.dataset.o !== owner);
    }
    for (const part of main.querySelectorAll('.group, .group tbody')) part.hidden = !part.querySelector('tr[data-s]:not([hidden])');
    const countIn = (part, rest) => part.querySelectorAll('tr[data-s]' + rest).length;
    for (const count of main.querySelectorAll('.group .count')) {
      const shown = countIn(count.closest('.group'), ':not([hidden])');
      count.textContent = (shown === countIn(count.closest('.group'), '') ? '' : shown + ' of ') + count.dataset.all;
    }
    for (const chip of form().querySelectorAll('.chips button')) chip.setAttribute('aria-pressed', String(chip.value === wanted));
    const shown = rows.filter((row) => !row.hidden).length;
    const out = document.getElementById('shown');
    const text = shown === rows.length ? out.dataset.all : 'Showing ' + shown + ' of ' + rows.length + '.';
    // A screen reader announces each change.
    if (out.textContent !== text) out.textContent = text;
  }
  function filterAndRemember() {
    filter();
    // A filter opens the folded groups.
    const isFiltered = FIELDS.some((name) => field(name).value.trim() !== '');
    for (const group of main.querySelectorAll('.group')) group.open = isFiltered || !('folded' in group.dataset);
    const url = new URL(location.href);
    for (const { name: key, value } of FIELDS.map(field))
      value ? url.searchParams.set(key, value) : url.searchParams.delete(key);
    history.replaceState(null, '', url);
  }
  document.addEventListener('input', filterAndRemember);
  document.addEventListener('submit', (event) => {
    event.preventDefault();
    if (event.submitter && event.submitter.closest('.chips')) field('now').value = event.submitter.value;
    filterAndRemember();
  });

  // Makes 'old' equal to 'next' and keeps every node that can stay. A node with a key is found even if it has moved.
  const keyOf = (node) => node.nodeType !== 1 ? '' : node.id || (node.dataset.s === undefined ? '' : node.querySelector('a').getAttribute('href'));
  const keyed = new Map();
  function merge(old, next) {
    if (old.isEqualNode(next)) return;
    if (old.nodeType !== 1) { old.data = next.data; return; }
    // A group stays as the reader has opened or folded it, unless the number of its clusters now folds or opens it.
    const staysOpen = old.hasAttribute('data-folded') === next.hasAttribute('data-folded');
    const isKept = (name) => name === 'open' && staysOpen;
    for (const { name } of [...old.attributes]) if (!next.hasAttribute(name) && !isKept(name)) old.removeAttribute(name);
    for (const { name, value } of next.attributes) if (old.getAttribute(name) !== value && !isKept(name)) old.setAttribute(name, value);
    let at = old.firstChild;
    for (const child of [...next.childNodes]) {
      const key = keyOf(child);
      let mine = key ? keyed.get(key) : at;
      while (!key && mine && keyOf(mine)) mine = mine.nextSibling;
      if (!mine || mine.nodeName !== child.nodeName) mine = child.cloneNode(false);
      if (mine === at) at = at.nextSibling;
      else old.insertBefore(mine, at);
      merge(mine, child);
    }
    while (at) { const rest = at; at = at.nextSibling; rest.remove(); }
  }
  // Rows that move must not move the text that the reader looks at: most visible rows stay where they are on the screen.
  function keepInPlace(change) {
    const topOf = (node) => node.getBoundingClientRect().top;
    const visible = [...main.querySelectorAll('tr, summary, h2, .notice')].map((node) => [node, topOf(node)])
      .filter(([node, top]) => node.offsetHeight > 0 && top + node.offsetHeight > 0 && top < innerHeight);
    const atTop = scrollY === 0, focus = document.activeElement;
    change();
    if (focus !== document.activeElement && focus.isConnected) focus.focus({ preventScroll: true });
    const moved = visible.filter(([node]) => node.isConnected && node.offsetHeight > 0).map(([node, top]) => topOf(node) - top);
    if (!atTop && moved.length > 0) scrollBy(0, moved.sort((a, b) => a - b)[moved.length >> 1]);
  }

  async function refresh() {
    if (running || paused || document.hidden) return;
    running = true;
    try {
      const answer = await fetch(location.href, { cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT_MS) });
      if (!answer.ok) throw new Error('HTTP ' + answer.status);
      const next = new DOMParser().parseFromString(await answer.text(), 'text/html');
      if (!next.querySelector('main')) throw new Error('the response is not this page');
      // Another version of the program has another script and style.
      if (next.documentElement.dataset.v !== document.documentElement.dataset.v) { location.reload(); return; }
      // A reader who has selected text may want to copy it.
      if (paused || !getSelection().isCollapsed) return;
      keepInPlace(() => {
        const typed = form() && FIELDS.map((name) => field(name).value);
        for (const node of main.querySelectorAll('[id], tr[data-s]')) keyed.set(keyOf(node), node);
        merge(main, next.querySelector('main'));
        keyed.clear();
        if (typed && form()) { typed.forEach((value, index) => { field(FIELDS[index]).value = value; }); filter(); }
      });
      document.title = next.title;
      merge(document.getElementById('asof'), next.getElementById('asof'));
      warn('');
    } catch (error) {
      warn('The exporter does not answer (' + (error.name === 'TimeoutError' ? 'timeout' : error.message) + '). This page shows old data.');
    } finally { running = false; }
  }
  function warn(text) {
    if (live.textContent !== text) live.textContent = text;
    live.hidden = text === '';
  }
  pause.hidden = false;
  pause.addEventListener('click', () => {
    paused = !paused;
    pause.setAttribute('aria-pressed', String(paused));
    refresh();
  });
  document.addEventListener('visibilitychange', refresh);
  setInterval(refresh, INTERVAL_MS);
})();
`;
