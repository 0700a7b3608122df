/**
 * What a browser adds, where it may run scripts: filters while one types, and refreshes the page in place. Everything else
 * works without it. New content is merged into the page node by node, so that whoever reads it keeps scroll, focus, selection
 * and what was typed. It writes no text of Atlas into the page but what came in the page's own HTML.
 */
export const SCRIPT = `'use strict';
(() => {
  const EVERY_MS = 10000, PATIENCE_MS = 8000;
  const main = document.querySelector('main');
  const live = document.getElementById('live');
  const pause = document.getElementById('pause');
  let paused = false, timer, running = false;
  document.documentElement.classList.add('js');

  // Filter: the same as the server's, on the same words.
  const form = () => document.querySelector('form');
  const state = () => form().elements.namedItem('now').value;
  function filter() {
    if (!form()) return;
    const terms = form().elements.q.value.toLowerCase().split(/\\s+/).filter(Boolean);
    const wanted = state();
    let shown = 0;
    for (const row of main.querySelectorAll('tr[data-s]')) {
      const link = row.querySelector('a');
      const names = (link.textContent + ' ' + row.querySelector('small').textContent).toLowerCase();
      const id = decodeURIComponent(link.getAttribute('href').slice('targets/'.length)).toLowerCase();
      const fits = terms.every((term) => names.includes(term) || id.startsWith(term)) && (!wanted || row.dataset.s.split(' ').includes(wanted));
      row.hidden = !fits;
      if (fits) shown += 1;
    }
    for (const body of main.querySelectorAll('.targets tbody')) body.hidden = !body.querySelector('tr[data-s]:not([hidden])');
    for (const chip of form().querySelectorAll('.chips button')) chip.setAttribute('aria-pressed', String(chip.value === wanted));
    const out = document.getElementById('shown');
    const all = main.querySelectorAll('tr[data-s]').length;
    const text = shown === all ? out.dataset.all : 'Showing ' + shown + ' of ' + all + '.';
    if (out.textContent !== text) out.textContent = text;
  }
  function remember() {
    const url = new URL(location.href);
    for (const [key, value] of [['q', form().elements.q.value], ['state', state()]])
      value ? url.searchParams.set(key, value) : url.searchParams.delete(key);
    history.replaceState(null, '', url);
  }
  document.addEventListener('input', (event) => {
    if (event.target.name === 'q') { filter(); remember(); }
  });
  document.addEventListener('submit', (event) => {
    event.preventDefault();
    const chip = event.submitter;
    if (chip && chip.closest('.chips')) form().elements.namedItem('now').value = chip.value;
    filter(); remember();
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.target.closest('input') || !form()) return;
    event.preventDefault();
    form().elements.q.focus();
  });

  // Merge: makes 'old' like 'next' and keeps every node that can stay. What has a key is found wherever it was.
  const keyOf = (node) => node.nodeType !== 1 ? '' : node.id || (node.dataset.s === undefined ? '' : node.querySelector('a').getAttribute('href'));
  const keyed = new Map();
  function merge(old, next) {
    if (old.isEqualNode(next)) return;
    if (old.nodeType !== 1) { old.data = next.data; return; }
    for (const { name } of [...old.attributes]) if (!next.hasAttribute(name)) old.removeAttribute(name);
    for (const { name, value } of next.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    let at = old.firstChild;
    for (const child of [...next.childNodes]) {
      const key = keyOf(child);
      let mine = key ? keyed.get(key) : at;
      while (!key && mine && keyOf(mine)) mine = mine.nextSibling;
      if (!mine || mine.nodeName !== child.nodeName) mine = child.cloneNode(false);
      if (mine === at) at = at.nextSibling;
      else if (mine.isConnected && old.isConnected && old.moveBefore) old.moveBefore(mine, at);
      else old.insertBefore(mine, at);
      merge(mine, child);
    }
    while (at) { const gone = at; at = at.nextSibling; gone.remove(); }
  }
  function mergeMain(next) {
    for (const node of main.querySelectorAll('[id], tr[data-s]')) keyed.set(keyOf(node), node);
    merge(main, next);
    keyed.clear();
  }
  /** Keeps what one looks at where it is: by the middle of how far the rows in view have moved. */
  function inPlace(change) {
    const seen = [...main.querySelectorAll('tr, h2, .notice')].map((node) => [node, node.getBoundingClientRect()])
      .filter(([, box]) => box.height > 0 && box.bottom > 0 && box.top < innerHeight).map(([node, box]) => [node, box.top]);
    const atTop = scrollY === 0, focus = document.activeElement;
    change();
    if (focus && focus !== document.activeElement && focus.isConnected) focus.focus({ preventScroll: true });
    const moved = seen.filter(([node]) => node.isConnected && !node.closest('[hidden]')).map(([node, top]) => node.getBoundingClientRect().top - top).sort((a, b) => a - b);
    if (!atTop && moved.length > 0) scrollBy(0, moved[moved.length >> 1]);
  }

  async function refresh() {
    if (running || paused || document.hidden) return;
    running = true;
    try {
      const answer = await fetch(location.href, { cache: 'no-store', signal: AbortSignal.timeout(PATIENCE_MS) });
      if (!answer.ok) throw new Error('HTTP ' + answer.status);
      const next = new DOMParser().parseFromString(await answer.text(), 'text/html');
      if (!next.querySelector('main')) throw new Error('not the page');
      // Of another version of the program: its script and style are others too.
      if (next.documentElement.dataset.v !== document.documentElement.dataset.v) { location.reload(); return; }
      const typed = form() && { q: form().elements.q.value, now: state() };
      // Whoever selects something wants to copy it: the next time will do.
      if (paused || !getSelection().isCollapsed) return;
      inPlace(() => {
        mergeMain(next.querySelector('main'));
        if (typed) { form().elements.q.value = typed.q; form().elements.namedItem('now').value = typed.now; filter(); }
      });
      document.title = next.title;
      document.querySelector('link[rel=icon]').href = next.querySelector('link[rel=icon]').href;
      merge(document.getElementById('asof'), next.getElementById('asof'));
      tell('');
    } catch (error) {
      tell('The exporter does not answer (' + (error.name === 'TimeoutError' ? 'too slow' : error.message) + '): what you see is old.');
    } finally { running = false; }
  }
  function tell(text) {
    if (live.textContent === text) return;
    live.textContent = text;
    live.hidden = text === '';
  }
  pause.hidden = false;
  pause.addEventListener('click', () => {
    paused = !paused;
    pause.setAttribute('aria-pressed', String(paused));
    if (!paused) refresh();
  });
  document.addEventListener('visibilitychange', refresh);
  timer = setInterval(refresh, EVERY_MS);
  addEventListener('pagehide', () => clearInterval(timer));
  addEventListener('pageshow', (event) => { if (event.persisted) { timer = setInterval(refresh, EVERY_MS); refresh(); } });
})();
`;
