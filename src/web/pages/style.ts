/** The style sheet of the pages. Colours come in pairs for light and dark; all text has a contrast of at least 4.5 to 1. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: light-dark(#f6f7f8, #101417); --card: light-dark(#fff, #181d21); --line: light-dark(#dfe3e6, #2c343a);
  --text: light-dark(#1b2227, #e3e8eb); --soft: light-dark(#57636c, #9caab3); --link: light-dark(#0a5bb5, #82b7f5);
  --trouble: light-dark(#b3201a, #ff938a); --trouble-bg: light-dark(#fdeceb, #3a1c1b);
  --doubt: light-dark(#875200, #f2bd62); --doubt-bg: light-dark(#fdf3df, #33270f);
  --good: light-dark(#1c7440, #74cf95); --busy: light-dark(#0a5bb5, #82b7f5);
}
* { box-sizing: border-box }
body { margin: 0; background: var(--page); color: var(--text); font: 14px/1.45 system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif }
a { color: var(--link) }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px }
small { display: block }
small, dt, thead th, .legend, .days { font-size: 12px }
small, dt, thead th, .legend, .days, .lead, .no, .top p, footer, td, summary { color: var(--soft) }
.top p, footer, #shown { font-size: 13px }
/* What to do is the darkest text. */
.do { display: block; color: var(--text); font-weight: 500 }
.do a, small a { font-weight: 400; white-space: nowrap }
p, h1, h2, ul, dl, dd { margin: 0; padding: 0 }
h2 { font-size: 16px; margin: 28px 0 10px }
.page { max-width: 1480px; margin: 0 auto; padding: 20px 24px 32px }
.skip { position: absolute; left: -999px }
.skip:focus { left: 24px; top: 4px }

.top { display: flex; flex-wrap: wrap; gap: 4px 20px; align-items: baseline; justify-content: space-between }
#pause { margin-left: 8px }
footer { margin-top: 24px }
footer a { margin-right: 14px }
h1 { font-size: 15px; font-weight: 600 }
.verdict { font-size: 26px; line-height: 1.25; font-weight: 650; letter-spacing: -.01em; margin: 14px 0 2px }
.verdict .i { width: 24px; height: 24px; vertical-align: -4px; margin-right: 8px }
.lead, .lead + .do { margin-bottom: 16px }
.lead:has(+ .do) { margin-bottom: 2px }

form { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; margin: 16px 0 12px }
input, button, select { font: inherit; color: inherit; background: var(--card); border: 1px solid light-dark(#8a959d, #65727b); border-radius: 6px; padding: 5px 10px; min-height: 34px }
input { width: 240px }
button { cursor: pointer }
.chips { display: flex; flex-wrap: wrap; gap: 6px }
.chips button { border-radius: 17px; display: inline-flex; align-items: center; gap: 5px }
.chips button[aria-pressed=true] { background: var(--text); color: var(--page); border-color: var(--text) }

.notice { background: var(--doubt-bg); border-left: 4px solid var(--doubt); border-radius: 4px; padding: 8px 12px; margin: 8px 0 }
#live { background: var(--trouble-bg); border-color: var(--trouble) }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 8px; overflow: clip }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: 10px 14px; border-top: 1px solid var(--line); font-weight: 400; overflow-wrap: anywhere }
thead th { border-top: 0; padding: 8px 14px; white-space: nowrap }
tbody th a:not(:hover) { text-decoration: none }
tbody th > a, b { font-weight: 600 }
.more td { border-top: 0; padding-top: 0 }
.group { margin-bottom: 10px }
summary { cursor: pointer }
.group summary { padding: 9px 14px }
.group[open] summary, .cause th, .runbook { background: light-dark(#fafbfb, #14191d) }
summary b { font-size: 15px; margin-right: 10px }
summary .do { margin-left: 16px }
.runbook { padding: 0 14px 8px 30px }
summary h2 { display: inline; line-height: 3; color: var(--text) }
.targets { table-layout: fixed }
.targets thead th { width: 17% } .targets thead th:nth-child(2) { width: 35% } .targets thead th:nth-child(3) { width: 20% } .targets thead th:nth-child(5) { width: 12% }
/* The first group shows the column heads. Those of the others are only for screen readers. */
.group:not([hidden]) ~ .group thead th { font-size: 0; line-height: 0; padding: 0 14px }
.targets .age { margin-bottom: 2px }
td { font-variant-numeric: tabular-nums }
i { font-style: normal; font-size: 11px; color: var(--soft); border: 1px solid var(--line); border-radius: 4px; padding: 0 4px; white-space: nowrap }
td > div + div, td > div + b { margin-top: 8px }
ul { list-style: none; margin-top: 4px }

.i { width: 15px; height: 15px; fill: none; stroke: currentColor; stroke-width: 1.6; stroke-linecap: round; stroke-linejoin: round; vertical-align: -2.5px; margin-right: 5px; flex: none }
.chips .i { margin: 0 }
b { white-space: nowrap; display: inline-block }
#shown { margin-bottom: 8px }
.js #now { display: none }
.trouble { color: var(--trouble) } .doubt { color: var(--doubt) } .fine { color: var(--good) } .running { color: var(--busy) } .waiting { color: var(--soft) }

.marks { height: 10px; fill: none; stroke-width: 2; stroke-linecap: round; vertical-align: middle; max-width: 100% }
.successful { stroke: var(--good); stroke-width: 6.5 } .failed { stroke: var(--doubt); stroke-width: 2.4 } .cancelled { stroke: var(--soft) }
.in_progress, .queued { stroke: var(--busy) } .unknown { stroke: var(--doubt) }
.age { display: block; width: 100%; max-width: 180px; height: 8px; margin: 5px 0 4px; border-radius: 2px; background: var(--line) }
.age rect { height: 8px; fill: var(--good) } .age.over rect:first-child { fill: var(--trouble) } .age.late rect:first-child { fill: var(--doubt) } .age rect + rect { width: 2px; fill: var(--text) }
progress { width: 110px; height: 14px; vertical-align: -2px; margin-right: 4px; accent-color: var(--busy) }
progress.low { accent-color: var(--doubt) }

.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 0 0 10px }
.legend .age { display: inline-block; width: 60px; margin: 0 }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(230px, 1fr)) }
.facts .wide { grid-column: span 2 }
.facts div { box-shadow: 1px 1px 0 var(--line); padding: 10px 14px; overflow-wrap: anywhere }
.findings p { color: var(--soft) }
.findings > * { display: block; padding: 12px 14px } .findings > * + * { border-top: 1px solid var(--line) }
.axis { display: block; width: 100%; padding: 12px 14px 6px; fill: none }
.axis path { vector-effect: non-scaling-stroke; stroke-width: 2 } .axis .successful { stroke-width: 8 }
.days { display: flex; justify-content: space-between; padding: 0 14px 10px }
/* Where the table goes on beyond an edge, the edge has a shadow. */
.scroll { --edge: light-dark(rgb(0 0 0 / .3), rgb(255 255 255 / .35)); overflow-x: auto; background:
  linear-gradient(to right, var(--card) 40%, transparent) left / 48px 100% no-repeat local,
  linear-gradient(to left, var(--card) 40%, transparent) right / 48px 100% no-repeat local,
  linear-gradient(to right, var(--edge), transparent) left / 14px 100% no-repeat,
  linear-gradient(to left, var(--edge), transparent) right / 14px 100% no-repeat, var(--card) }
.scroll :is(th, td) { white-space: nowrap }

@media (max-width: 760px) {
  .page { padding: 14px 12px 24px }
  .verdict { font-size: 21px }
  input { flex: 1; width: auto; font-size: 16px }
  .chips button { padding: 3px 9px }
  .targets, .targets tbody { display: block }
  .targets tr:not([hidden]) { display: block; border-top: 1px solid var(--line); padding: 10px 0 }
  .targets thead tr { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden }
  .targets :is(th, td) { display: block; border: 0; padding: 3px 14px; width: auto !important }
  .targets tr.cause { padding: 6px 0 }
  .targets td::before { color: var(--soft) }
  .targets td:nth-child(2):empty { display: none }
  .targets td:nth-child(3)::before { content: "Last successful export: " }
  .targets td:nth-child(5)::before { content: "Read from Atlas: " }
  .targets td:nth-child(4):has(.no)::before { content: "Exports: " }
  .targets td:nth-child(5) small { display: inline; margin-left: 8px }
  .facts .wide { grid-column: auto }
}
[hidden] { display: none !important }
@media print { form, .skip { display: none } }
`;
