import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { type Html, html } from './html.ts';
import { inOrder } from './in-order.ts';
import { drawFrame, nameFrame, type PageFolders, STANDING_NAMES } from './page-frame.ts';
import { PAGE_STYLE } from './page-style.ts';
import { type Report, STANDINGS, type Standing, standing, worstFirst } from './report.ts';
import { duration, photoCount } from './words.ts';

export interface PageOptions {
  /** How many photos are shown; the others are named. Each costs the page about 20 kB. @default 200 */
  readonly maxFrames?: number;
  /** Photos decoded at once. @default 2 */
  readonly concurrency?: number;
  /** What the photos are called. @default the path of their folder */
  readonly source?: string;
}

export const PAGE_DEFAULTS = { maxFrames: 200, concurrency: 2 } as const;

/**
 * Draws a batch as a contact sheet: every photo beside its cutout, what needs a person first.
 *
 * The page asks nobody for anything: pictures, style and all are inside, its policy forbids the rest, and there is no
 * script that a file name could break into. It comes in parts, so that memory holds a few thumbnails at a time.
 */
export async function* drawPage(
  report: Report,
  folders: PageFolders,
  options: PageOptions = {},
): AsyncGenerator<string> {
  const { maxFrames, concurrency, source = resolve(folders.src) } = { ...PAGE_DEFAULTS, ...options };
  const sorted = worstFirst(report.photos).map((photo, index) => ({ photo, number: index + 1 }));
  const shown = sorted.slice(0, maxFrames);
  const rest = sorted.slice(maxFrames);

  yield head(report, source).markup;
  yield '<main>\n<ol class="frames">';
  yield* inOrder(shown, async ({ photo, number }) => (await drawFrame(photo, number, folders)).markup, { concurrency });
  yield '\n</ol>\n';
  if (sorted.length === 0) yield html`<p class="empty">There are no photos in ${source}.</p>`.markup;
  if (rest.length > 0) {
    yield html`<section class="rest"><h2>${photoCount(rest.length)} more</h2>
<p>The ${photoCount(shown.length)} that most need a look are shown above; these are only named.</p><ol>\n`.markup;
    for (const { photo, number } of rest) yield nameFrame(photo, number, folders).markup;
    yield '</ol></section>\n';
  }
  yield html`</main>
<footer>The same in figures: <a href="report.csv">report.csv</a>, <a href="report.json">report.json</a></footer>
</body>
</html>
`.markup;
}

// The policy names the style by its hash: injected markup could neither load, nor run, nor even restyle anything.
const POLICY = `default-src 'none'; img-src data:; style-src 'sha256-${createHash('sha256').update(PAGE_STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'`;

function head(report: Report, source: string): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${headline(report)} – ${source}</title>
<style>${{ markup: PAGE_STYLE }}</style>
</head>
<body>
<header>
<p class="brand">cutline contact sheet</p>
<h1>${headline(report)}</h1>
<p class="meta">${facts(report, source).map((fact) => html`<span>${fact}</span>`)}</p>
${bar(report)}
</header>
${controls(report)}
`;
}

function headline({ totals }: Report): string {
  if (totals.photos === 0) return 'No photos';
  if (totals.done < totals.photos) return `${totals.done.toLocaleString('en')} of ${photoCount(totals.photos)} cut out`;
  return totals.photos === 1 ? 'The photo is cut out' : `All ${photoCount(totals.photos)} cut out`;
}

function facts(report: Report, source: string): string[] {
  const { photos, totals, wallMs, endedAt } = report;
  const models = [...new Set(photos.flatMap(({ model }) => model ?? []))].sort();
  const when = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short' }).format(new Date(endedAt));
  const pace =
    totals.photos > 1 ? `${duration(wallMs)}, ${duration(wallMs / totals.photos)} a photo` : duration(wallMs);
  return [source, when, pace, ...models.map((model) => `model ${model}`)];
}

function counts({ photos }: Report): Record<Standing, number> {
  const count = { failed: 0, rejected: 0, review: 0, done: 0 };
  for (const photo of photos) count[standing(photo)]++;
  return count;
}

/** A strip whose colours share its width as the photos do. */
function bar(report: Report): Html {
  const count = counts(report);
  let x = 0;
  const parts = STANDINGS.map((name) => {
    const part = html`<rect class="${name}" x="${x}" y="0" width="${count[name]}" height="1"/>`;
    x += count[name];
    return part;
  });
  return html`<div class="bar" aria-hidden="true"><svg viewBox="0 0 ${Math.max(1, x)} 1" preserveAspectRatio="none">${parts}</svg></div>`;
}

function controls(report: Report): Html {
  const count = counts(report);
  const filters = STANDINGS.filter((name) => count[name] > 0).map(
    (name) => html`
<label class="${name}"><input type="radio" name="show" id="show-${name}"><i></i>${STANDING_NAMES[name]} <b>${count[name]}</b></label>`,
  );
  const grounds = ['white', 'black', 'pink'].map(
    (ground) => html`
<label class="${ground}" title="${ground}"><input type="radio" name="ground" id="ground-${ground}" aria-label="${ground}"></label>`,
  );
  return html`<div class="controls">
<fieldset class="show"><legend>Show</legend>
<label><input type="radio" name="show" id="show-all" checked>All <b>${report.totals.photos}</b></label>${filters}
</fieldset>
<fieldset class="ground"><legend>Cutouts on</legend>
<label class="checkers" title="checkerboard"><input type="radio" name="ground" id="ground-checkers" aria-label="checkerboard" checked></label>${grounds}
</fieldset>
</div>
`;
}
