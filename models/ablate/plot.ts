import { ARTICLE } from './article.ts';
import type { Cell } from './study.ts';

const [WIDTH, HEIGHT] = [860, 340];
const PANEL = { width: 330, height: 230, top: 40, lefts: [60, 470] } as const;
const COLOURS = ['#1f77b4', '#d62728', '#2ca02c', '#9467bd', '#8c564b'];
const GREY = '#888888';

interface Line {
  readonly name: string;
  readonly colour: string;
  /** x is a share of the parent's, 0..1; y a SSIM. */
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/**
 * Draws what is left of quality (SSIM with the true masks, a line a set) over what is left of the file, and of the CPU time,
 * in percent of the parent's.
 *
 * @param rows The parent first.
 */
export function drawPlot(title: string, rows: readonly Cell[]): string {
  const [parent] = rows;
  const sets = Object.keys(parent?.quality ?? {});
  const linesBy = (costOf: (cell: Cell) => number): Line[] =>
    sets.map((name, index) => ({
      name,
      colour: COLOURS[index % COLOURS.length] ?? GREY,
      points: rows.map((cell) => ({
        x: costOf(cell) / (parent === undefined ? 1 : costOf(parent)),
        y: cell.quality[name]?.ssim ?? 0,
      })),
    }));
  const article: Line = {
    name: 'the article',
    colour: GREY,
    points: ARTICLE.ssim.map(([ratio, y]) => ({ x: 1 - ratio, y })),
  };
  const size = [...linesBy(({ model }) => model.bytes), article];
  const time = linesBy(({ run }) => run.runCpuMs);
  const lowest = Math.min(...[...size, ...time].flatMap(({ points }) => points.map(({ y }) => y)));
  const floor = Math.max(0, Math.floor(lowest * 20) / 20);
  const panels = [
    drawPanel(size, { left: PANEL.lefts[0], floor, label: 'file size left, %' }),
    drawPanel(time, { left: PANEL.lefts[1], floor, label: 'CPU time left, %' }),
  ];
  const legend = size.map(({ name, colour }, index) => text(name, { x: 60 + index * 150, y: HEIGHT - 12, colour }));
  const view = `viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12"`;
  const heading = text(`${title}: SSIM with the true masks`, { x: 60, y: 22, colour: '#222222' });
  const body = [heading, ...panels, ...legend].join('\n');
  return `<svg xmlns="http://www.w3.org/2000/svg" ${view}>\n<rect width="100%" height="100%" fill="white"/>\n${body}\n</svg>\n`;
}

function drawPanel(
  lines: readonly Line[],
  { left, floor, label }: { left: number; floor: number; label: string },
): string {
  const across = (x: number): number => left + x * PANEL.width;
  const down = (y: number): number => PANEL.top + ((1 - y) / (1 - floor)) * PANEL.height;
  const bottom = PANEL.top + PANEL.height;
  const steps = [0, 0.25, 0.5, 0.75, 1];
  const grid = steps.flatMap((share) => {
    const y = floor + share * (1 - floor);
    return [
      `<line x1="${left}" x2="${left + PANEL.width}" y1="${down(y)}" y2="${down(y)}" stroke="#e5e5e5"/>`,
      text(y.toFixed(3), { x: left - 40, y: down(y) + 4, colour: '#222222' }),
      text(`${share * 100}`, { x: across(share) - 8, y: bottom + 18, colour: '#222222' }),
    ];
  });
  const drawn = lines.flatMap(({ colour, points }) => [
    `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${points.map(({ x, y }) => `${across(x).toFixed(1)},${down(y).toFixed(1)}`).join(' ')}"/>`,
    ...points.map(
      ({ x, y }) => `<circle cx="${across(x).toFixed(1)}" cy="${down(y).toFixed(1)}" r="3" fill="${colour}"/>`,
    ),
  ]);
  return [...grid, ...drawn, text(label, { x: left + 100, y: bottom + 34, colour: '#222222' })].join('\n');
}

function text(content: string, { x, y, colour }: { x: number; y: number; colour: string }): string {
  const safe = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x}" y="${y.toFixed(1)}" fill="${colour}">${safe}</text>`;
}
