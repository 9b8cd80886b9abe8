/**
 * The contact sheet's look: light and dark by the reader's system, no request to anywhere, no script. What the reader
 * chooses (which photos, which ground behind the cutouts) is the state of radio buttons, read by `:has()`.
 */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#f4f4f1, #121315);
  --sheet: light-dark(#ffffff, #1b1d20);
  --well: light-dark(#ecece8, #26292d);
  --ink: light-dark(#191a1c, #ebecee);
  --soft: light-dark(#5d6167, #a0a6ae);
  --rule: light-dark(#d9d9d4, #34373c);
  --failed: light-dark(#a3124a, #ff8fb3);
  --rejected: light-dark(#b3361b, #ff9a7d);
  --review: light-dark(#8a5b00, #eebb55);
  --done: light-dark(#2b7351, #74c79b);
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace;
  --checker-a: light-dark(#ffffff, #3c4046);
  --checker-b: light-dark(#e3e3df, #2d3035);
}
* { box-sizing: border-box; margin: 0; }
body {
  background: var(--ground); color: var(--ink);
  font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif;
  font-variant-numeric: tabular-nums;
  max-width: 1560px; margin-inline: auto; padding: 0 clamp(16px, 3vw, 44px) 64px;
}
a { color: inherit; text-decoration-color: var(--rule); text-underline-offset: 3px; }
a:hover { text-decoration-color: currentColor; }
:focus-visible, label:has(:focus-visible) { outline: 2px solid var(--ink); outline-offset: 2px; }

header { padding-block: clamp(28px, 5vw, 60px) 22px; }
.brand { font: 600 12px/1 var(--mono); letter-spacing: .04em; color: var(--soft); }
h1 { font-size: clamp(30px, 4.4vw, 54px); line-height: 1.06; letter-spacing: -.028em; font-weight: 640; margin-block: 18px 12px; text-wrap: balance; }
.meta { color: var(--soft); display: flex; flex-wrap: wrap; gap: 2px 20px; overflow-wrap: anywhere; }
.bar { display: flex; gap: 2px; height: 6px; margin-top: 26px; border-radius: 3px; overflow: hidden; }
.bar rect.failed { fill: var(--failed); } .bar rect.rejected { fill: var(--rejected); }
.bar rect.review { fill: var(--review); } .bar rect.done { fill: var(--done); }
.bar svg { width: 100%; height: 100%; display: block; }

.controls {
  position: sticky; top: 0; z-index: 1; background: var(--ground);
  display: flex; flex-wrap: wrap; justify-content: space-between; gap: 8px 28px;
  padding-block: 12px; border-bottom: 1px solid var(--rule); margin-bottom: 26px;
}
fieldset { border: 0; padding: 0; min-width: 0; display: flex; align-items: center; gap: 4px; }
legend { float: left; color: var(--soft); font-size: 13px; margin-right: 10px; }
.controls label { position: relative; border-radius: 7px; cursor: pointer; white-space: nowrap; }
.controls input { position: absolute; inset: 0; opacity: 0; margin: 0; cursor: pointer; }
.show label { padding: 5px 10px; font-size: 14px; }
.show label:hover { background: var(--well); }
.show label:has(:checked) { background: var(--ink); color: var(--ground); }
.show b { font-weight: 600; margin-left: 5px; }
.show i { display: inline-block; width: 8px; height: 8px; border-radius: 50%; margin-right: 7px; background: var(--mark); }
.ground label { width: 26px; height: 26px; border: 1px solid var(--rule); border-radius: 50%; }
.ground label:has(:checked) { box-shadow: 0 0 0 2px var(--ground), 0 0 0 4px var(--ink); margin-inline: 4px; }

.failed { --mark: var(--failed); } .rejected { --mark: var(--rejected); }
.review { --mark: var(--review); } .done { --mark: var(--done); }

.frames { list-style: none; padding: 0; display: grid; gap: 30px 22px; grid-template-columns: repeat(auto-fill, minmax(min(100%, 310px), 1fr)); }
.frame { min-width: 0; content-visibility: auto; contain-intrinsic-size: auto 310px; scroll-margin-top: 76px; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 2px; border-radius: 8px; overflow: hidden; }
.tile { position: relative; aspect-ratio: 1; min-width: 0; background: var(--well); display: grid; place-items: center; color: var(--soft); font-size: 13px; text-align: center; text-decoration: none; }
.tile img { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: contain; }
.caption { position: absolute; left: 6px; bottom: 6px; padding: 1px 7px; border-radius: 5px; background: var(--sheet); color: var(--ink); font-size: 12px; }
a.tile:focus-visible { outline-offset: -3px; }
.none { padding: 12px; background: repeating-linear-gradient(-45deg, var(--well) 0 7px, transparent 7px 14px), var(--sheet); }
.none span { background: var(--well); padding: 2px 7px; border-radius: 4px; }
.blank .tile { aspect-ratio: 2; grid-column: span 2; }
.checkers { background: conic-gradient(var(--checker-b) 25%, var(--checker-a) 0 50%, var(--checker-b) 0 75%, var(--checker-a) 0) 0 0 / 18px 18px; }
.white, body:has(#ground-white:checked) .checkers.tile { background: #fff; }
.black, body:has(#ground-black:checked) .checkers.tile { background: #000; }
.pink, body:has(#ground-pink:checked) .checkers.tile { background: #ff2fa0; }

.line { display: flex; align-items: baseline; gap: 10px; margin-top: 10px; font-size: 13px; }
.nr { font: 500 12px/1 var(--mono); color: var(--soft); }
.state { color: var(--mark); font-weight: 600; }
.sure { margin-left: auto; color: var(--soft); }
h2 { font-size: 15px; font-weight: 600; line-height: 1.3; margin-top: 3px; overflow-wrap: anywhere; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 3; overflow: hidden; }
h2 .folder { color: var(--soft); font-weight: 400; }
.why { margin-top: 5px; font-size: 14px; padding-left: 10px; border-left: 2px solid var(--mark); text-wrap: pretty; overflow-wrap: anywhere; }
.why code { font: 12px var(--mono); color: var(--soft); }
.why + .why { margin-top: 3px; }
.second { margin-top: 5px; font-size: 13px; color: var(--soft); }
.facts { margin-top: 6px; color: var(--soft); font-size: 12.5px; display: flex; flex-wrap: wrap; gap: 0 10px; }

.rest { margin-top: 56px; border-top: 1px solid var(--rule); padding-top: 22px; }
.rest h2 { font-size: 20px; letter-spacing: -.01em; display: block; }
.rest > p { color: var(--soft); margin-block: 4px 16px; }
.rest ol { padding: 0; list-style: none; columns: 300px; column-gap: 28px; font-size: 13px; }
.rest li { display: flex; gap: 9px; padding-block: 2px; break-inside: avoid; overflow-wrap: anywhere; }
.rest li::before { content: ""; flex: none; width: 8px; height: 8px; border-radius: 50%; background: var(--mark); margin-top: 6px; }
.empty { padding-block: 80px; text-align: center; color: var(--soft); }
body:has(#show-failed:checked) :is(.frame, .rest li):not(.failed),
body:has(#show-rejected:checked) :is(.frame, .rest li):not(.rejected),
body:has(#show-review:checked) :is(.frame, .rest li):not(.review),
body:has(#show-done:checked) :is(.frame, .rest li):not(.done) { display: none; }
footer { margin-top: 56px; color: var(--soft); font-size: 13px; }

@media (max-width: 640px) {
  .controls { position: static; }
  fieldset { flex-wrap: wrap; }
  .show legend { width: 100%; margin: 0 0 4px; }
  .blank .tile { aspect-ratio: 4; }
  .frames { gap: 26px; }
}
@media print {
  :root { color-scheme: light; }
  .controls { display: none; }
  .frame { content-visibility: visible; break-inside: avoid; }
  .frames { grid-template-columns: repeat(4, 1fr); gap: 14px; }
}
`;
