/** The page's style sheet. Colours are named once, for light and for dark. */
export const STYLE = `
:root {
  color-scheme: light;
  --page: #f6f7f9; --card: #ffffff; --ink: #1b2430; --dim: #667085; --line: #e2e6ec; --lane: #eef1f5; --hover: #f0f4fa;
  --good: #1a7f4b; --good-soft: #e3f4ea; --bad: #c8322b; --bad-soft: #fdeaea; --warn: #9a6700; --warn-soft: #fff4d6;
  --accent: #2458d3; --s0: #3d74e0; --s1: #e0893d; --s2: #3da984; --s3: #9a62d0; --s4: #d0628f; --s5: #7a8699;
}
@media (prefers-color-scheme: dark) { :root:not([data-theme='light']) { color-scheme: dark;
  --page: #11151b; --card: #1a2029; --ink: #e4e8ee; --dim: #93a0b2; --line: #2c3542; --lane: #232b36; --hover: #232c39;
  --good: #5ad394; --good-soft: #173526; --bad: #ff8078; --bad-soft: #451f20; --warn: #e8bf5a; --warn-soft: #3b3115;
  --accent: #8ab0ff; --s0: #6f9dff; --s1: #f0a765; --s2: #62cfa8; --s3: #bd8df0; --s4: #ec8db5; --s5: #94a1b5; } }
:root[data-theme='dark'] { color-scheme: dark;
  --page: #11151b; --card: #1a2029; --ink: #e4e8ee; --dim: #93a0b2; --line: #2c3542; --lane: #232b36; --hover: #232c39;
  --good: #5ad394; --good-soft: #173526; --bad: #ff8078; --bad-soft: #451f20; --warn: #e8bf5a; --warn-soft: #3b3115;
  --accent: #8ab0ff; --s0: #6f9dff; --s1: #f0a765; --s2: #62cfa8; --s3: #bd8df0; --s4: #ec8db5; --s5: #94a1b5; }
* { box-sizing: border-box; }
html { scroll-padding-top: 64px; }
body { margin: 0; background: var(--page); color: var(--ink); font: 14px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; }
code, pre, .id, .value, .clusters code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; font-size: 12px; }
header { position: sticky; top: 0; z-index: 3; display: flex; gap: 16px; align-items: center; padding: 10px 24px; background: var(--card); border-bottom: 1px solid var(--line); }
header h1 { margin: 0; font-size: 16px; letter-spacing: .01em; white-space: nowrap; }
header h1 small { color: var(--dim); font-weight: 400; margin-left: 6px; }
header nav { margin-left: auto; display: flex; gap: 14px; align-items: center; white-space: nowrap; }
header nav a { color: var(--dim); text-decoration: none; } header nav a:hover { color: var(--accent); }
#verdict { display: flex; gap: 12px; align-items: center; min-width: 0; }
.conclusion { margin: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.badge { padding: 2px 10px; border-radius: 99px; font-weight: 600; white-space: nowrap; }
.badge.good { background: var(--good-soft); color: var(--good); } .badge.bad { background: var(--bad-soft); color: var(--bad); } .badge.warn { background: var(--warn-soft); color: var(--warn); }
main { max-width: 1500px; margin: 0 auto; padding: 20px 24px 80px; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 16px 20px 20px; margin-top: 18px; }
h2 { margin: 0 0 12px; font-size: 16px; } h3 { font-size: 14px; margin: 8px 0; } h4 { margin: 16px 0 6px; font-size: 13px; }
h2 small, h3 small, h4 small { color: var(--dim); font-weight: 400; margin-left: 10px; font-size: 12px; }
#ran { margin: 0 0 12px; color: var(--dim); overflow-wrap: anywhere; }
#tiles { display: flex; flex-wrap: wrap; gap: 12px; }
.tile { display: flex; flex-direction: column; align-items: flex-start; min-width: 118px; padding: 10px 16px; border-radius: 10px; border: 1px solid var(--line); background: var(--card); color: inherit; font: inherit; text-align: left; }
.tile b { font-size: 20px; font-weight: 650; font-variant-numeric: tabular-nums; } .tile span { color: var(--dim); font-size: 12px; }
.tile.good b { color: var(--good); } .tile.bad b { color: var(--bad); } .tile.warn b { color: var(--warn); }
button { cursor: pointer; } button.tile:hover, .chip:hover { border-color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
.problems { border-left: 3px solid var(--dim); padding: 4px 16px; margin-top: 14px; background: var(--card); border-radius: 0 8px 8px 0; }
.problems.error { border-color: var(--bad); } .problems.warning { border-color: var(--warn); }
.problems ul { margin: 4px 0; padding-left: 18px; overflow-wrap: anywhere; }
.pairs { display: grid; grid-template-columns: max-content 1fr; gap: 2px 18px; margin: 0 0 12px; } dt { color: var(--dim); } dd { margin: 0; }
table { border-collapse: collapse; } th { text-align: left; color: var(--dim); font-weight: 500; }
table.plain td, table.plain th { padding: 3px 16px 3px 0; vertical-align: top; } .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.wrap { overflow-wrap: anywhere; }
.scroll { overflow-x: auto; padding-bottom: 4px; }
.grid th[scope='row'] { padding-right: 12px; white-space: nowrap; color: var(--ink); font-weight: 400; position: sticky; left: 0; background: var(--card); }
.grid thead th { vertical-align: bottom; padding: 0 2px 6px; } .grid thead th span { display: block; writing-mode: vertical-rl; transform: rotate(180deg); margin: 0 auto; font-size: 12px; }
.grid td { padding: 1px; text-align: center; min-width: 58px; } .grid td.none { color: var(--line); }
.grid td button { width: 100%; border: 1px solid transparent; border-radius: 5px; padding: 3px 6px; font: inherit; font-size: 12px; font-variant-numeric: tabular-nums; white-space: nowrap; color: inherit; }
.grid .good button { background: var(--good-soft); color: var(--good); } .grid .bad button { background: var(--bad-soft); color: var(--bad); font-weight: 650; } .grid .warn button { background: var(--warn-soft); color: var(--warn); }
.grid button:hover, .grid button[aria-pressed='true'] { border-color: currentColor; } .grid .total button { filter: saturate(.6); }
.clusters { list-style: none; margin: 0; padding: 0; }
.clusters button { display: grid; grid-template-columns: 64px 110px 1fr; gap: 2px 10px; width: 100%; text-align: left; padding: 8px 10px; border: 1px solid transparent; border-radius: 8px; background: none; color: inherit; font: inherit; }
.clusters button:hover { background: var(--hover); } .clusters button[aria-pressed='true'] { border-color: var(--accent); }
.clusters code { grid-column: 3; color: var(--dim); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; } .clusters .cause { overflow-wrap: anywhere; }
.outcome { font-size: 12px; font-weight: 600; white-space: nowrap; } .outcome.good { color: var(--good); } .outcome.bad { color: var(--bad); } .outcome.warn { color: var(--warn); }
.filters { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; margin-bottom: 10px; } .filters output { margin-left: auto; color: var(--dim); font-variant-numeric: tabular-nums; }
input[type='search'] { flex: 1 1 260px; max-width: 420px; } input[type='search'], select { padding: 5px 9px; border: 1px solid var(--line); border-radius: 7px; background: var(--page); color: inherit; font: inherit; max-width: 260px; }
.chip { border: 1px solid var(--line); border-radius: 99px; background: none; padding: 2px 11px; font: inherit; font-size: 13px; color: inherit; max-width: 420px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.chip.good { color: var(--good); } .chip.bad { color: var(--bad); } .chip.warn { color: var(--warn); } .chip[aria-pressed='true'] { background: var(--hover); border-color: currentColor; font-weight: 600; }
.link { border: 0; background: none; padding: 0; color: var(--accent); font: inherit; text-align: left; }
.work { display: grid; grid-template-columns: minmax(0, 1fr); gap: 18px; } .with-detail .work { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); } #detail:empty { display: none; }
.rows { height: min(68vh, 720px); overflow-y: auto; border: 1px solid var(--line); border-radius: 8px; position: relative; contain: strict; } .space { position: relative; overflow: hidden; } .window { position: absolute; top: 0; left: 0; right: 0; will-change: transform; }
.row { display: grid; grid-template-columns: 104px minmax(0, 1fr) max-content 74px; gap: 10px; height: 30px; align-items: center; padding: 0 12px; border-bottom: 1px solid var(--line); cursor: pointer; }
.row:hover { background: var(--hover); } .row.current { box-shadow: inset 3px 0 0 var(--accent); } .row.open { background: var(--hover); }
.id { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; direction: rtl; text-align: left; } .aborts, .time { color: var(--dim); font-size: 12px; text-align: right; font-variant-numeric: tabular-nums; }
.empty { color: var(--dim); padding: 8px 12px; margin: 0; }
#detail { height: min(76vh, 800px); overflow: auto; border: 1px solid var(--line); border-radius: 8px; padding: 12px 16px; position: relative; } #detail h3 { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: 12.5px; margin-right: 30px; }
.close { position: absolute; top: 8px; right: 10px; border: 0; background: none; color: var(--dim); font-size: 20px; line-height: 1; }
.place { color: var(--dim); margin: 0 0 8px; } .aside, .finding { background: var(--warn-soft); color: var(--ink); padding: 8px 12px; border-radius: 7px; } #detail p b { margin-left: 10px; }
.command { display: flex; gap: 8px; align-items: flex-start; background: var(--lane); border-radius: 7px; padding: 7px 9px; margin: 6px 0; } .command code { flex: 1; overflow-wrap: anywhere; } .copy { border: 1px solid var(--line); border-radius: 6px; background: var(--card); color: var(--dim); font-size: 11px; padding: 1px 7px; margin-left: 6px; }
.differences { width: 100%; margin: 10px 0; table-layout: fixed; } .differences th, .differences td { border: 1px solid var(--line); padding: 5px 8px; vertical-align: top; font-size: 12.5px; } .differences th:first-child { width: 22%; } .differences small { display: block; color: var(--dim); margin-top: 3px; }
.value { overflow-wrap: anywhere; white-space: pre-wrap; display: block; max-height: 320px; overflow-y: auto; } .same { color: var(--dim); } mark { background: var(--bad-soft); color: var(--bad); border-radius: 2px; }
pre { background: var(--lane); border-radius: 7px; padding: 8px 10px; overflow: auto; max-height: 320px; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(420px, 1fr)); gap: 8px 34px; } .columns > div { min-width: 0; } .columns table { width: 100%; table-layout: fixed; } .columns .number { width: 84px; } .columns .link.id { width: 100%; display: block; }
figure { margin: 0; } .chart { width: 100%; max-width: 640px; height: auto; font-size: 11px; } .chart text { fill: var(--ink); dominant-baseline: middle; } .chart .label { text-anchor: end; } .chart .value { fill: var(--dim); display: initial; font-size: 10.5px; font-family: inherit; } .chart .middle { text-anchor: middle; } .chart .mark { stroke: var(--dim); stroke-dasharray: 3 3; }
.legend { display: flex; gap: 14px; color: var(--dim); font-size: 12px; } .key::before { content: ''; display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin-right: 5px; background: var(--s0); }
.s0 { fill: var(--s0); } .s1 { fill: var(--s1); } .s2 { fill: var(--s2); } .s3 { fill: var(--s3); } .s4 { fill: var(--s4); } .s5 { fill: var(--s5); }
.key.s1::before { background: var(--s1); } .key.s2::before { background: var(--s2); } .key.s3::before { background: var(--s3); } .key.s4::before { background: var(--s4); } .key.s5::before { background: var(--s5); }
.lanes { width: 100%; display: block; cursor: crosshair; touch-action: none; } .hint { color: var(--dim); font-size: 12px; margin: 2px 0 12px; min-height: 18px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.offscreen { position: fixed; left: -1000px; } details summary { cursor: pointer; color: var(--accent); } a { color: var(--accent); overflow-wrap: anywhere; } #theme { border: 1px solid var(--line); border-radius: 7px; background: none; color: inherit; padding: 2px 10px; font: inherit; }
@media (max-width: 980px) { .with-detail .work { grid-template-columns: minmax(0, 1fr); } .with-detail #detail { order: -1; height: auto; max-height: 60vh; } .columns { grid-template-columns: minmax(0, 1fr); } header { flex-wrap: wrap; padding: 10px 14px; } main { padding: 14px 12px 60px; } .row { grid-template-columns: 92px minmax(0, 1fr) 66px; } .aborts { display: none; } }
@media (max-width: 600px) {
  section { padding: 14px 12px 16px; } .tile { flex: 1 1 96px; min-width: 96px; padding: 8px 12px; } .tile b { font-size: 17px; }
  .clusters button { grid-template-columns: max-content 1fr; } .clusters .cause, .clusters code { grid-column: 1 / -1; }
  .row { grid-template-columns: 82px minmax(0, 1fr) 56px; gap: 6px; padding: 0 8px; }
  .differences thead { display: none; } .differences, .differences tbody, .differences tr, .differences td { display: block; } .differences tr { margin-bottom: 10px; } .differences td[data-name]::before { content: attr(data-name); display: block; color: var(--dim); font-size: 11px; }
}
@media print { header { position: static; } .filters, #theme, .copy { display: none; } }
`;
