import { caughtWithin, type ReviewPoint } from './review-curve.ts';

/** One model's curve. */
export interface NamedCurve {
  readonly name: string;
  readonly curve: readonly ReviewPoint[];
}

const SIZE = { width: 640, height: 420 };
const PLOT = { left: 56, top: 24, right: 28, bottom: 48 };
const COLOURS = ['#1f77b4', '#d62728', '#2ca02c', '#9467bd'];
/** Share of a batch that the README speaks of. */
const BUDGET = 0.1;

/** Draws how much of what is bad a review of the least confident finds, beside the best any order could do (dashed). */
export function drawCurves(curves: readonly NamedCurve[]): string {
  const lines = curves.flatMap(({ name, curve }, index) => {
    const colour = COLOURS[index % COLOURS.length] ?? '#555';
    const { caught, possible } = caughtWithin(curve, BUDGET);
    const legend = `${name}: ${percent(caught)} within ${percent(BUDGET)}, of ${percent(possible)} possible`;
    return [
      polyline(
        curve.map(({ budget, possible: y }) => ({ x: budget, y })),
        `stroke="${colour}" stroke-dasharray="3 4" opacity="0.7"`,
      ),
      polyline(
        curve.map(({ budget, caught: y }) => ({ x: budget, y })),
        `stroke="${colour}" stroke-width="2"`,
      ),
      text(
        legend,
        { x: SIZE.width - PLOT.right - 8, y: SIZE.height - PLOT.bottom - 12 - 18 * (curves.length - 1 - index) },
        `text-anchor="end" fill="${colour}"`,
      ),
    ];
  });
  const ticks = [0, 0.2, 0.4, 0.6, 0.8, 1].flatMap((share) => [
    polyline(
      [
        { x: share, y: 0 },
        { x: share, y: 1 },
      ],
      'stroke="#e6e6e6"',
    ),
    polyline(
      [
        { x: 0, y: share },
        { x: 1, y: share },
      ],
      'stroke="#e6e6e6"',
    ),
    text(percent(share), { x: across(share), y: SIZE.height - PLOT.bottom + 18 }, 'text-anchor="middle" fill="#333"'),
    text(percent(share), { x: PLOT.left - 8, y: up(share) + 4 }, 'text-anchor="end" fill="#333"'),
  ]);
  const budget = polyline(
    [
      { x: BUDGET, y: 0 },
      { x: BUDGET, y: 1 },
    ],
    'stroke="#999"',
  );
  const axis = text(
    'share of the cutouts that is looked at, least confident first',
    { x: across(0.5), y: SIZE.height - 8 },
    'text-anchor="middle" fill="#333"',
  );
  const title = text(
    'bad cutouts found (IoU < 0.9); dashed: the best any order could do',
    { x: PLOT.left, y: 15 },
    'fill="#333"',
  );
  const view = `viewBox="0 0 ${SIZE.width} ${SIZE.height}" font-family="sans-serif" font-size="12"`;
  const body = [...ticks, budget, ...lines, axis, title].join('\n');
  return `<svg xmlns="http://www.w3.org/2000/svg" ${view}>\n<rect width="100%" height="100%" fill="white"/>\n${body}\n</svg>\n`;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

function across(share: number): number {
  return PLOT.left + share * (SIZE.width - PLOT.left - PLOT.right);
}

function up(share: number): number {
  return SIZE.height - PLOT.bottom - share * (SIZE.height - PLOT.top - PLOT.bottom);
}

function polyline(points: readonly Point[], style: string): string {
  const path = points.map(({ x, y }) => `${across(x).toFixed(1)},${up(y).toFixed(1)}`).join(' ');
  return `<polyline fill="none" ${style} points="${path}"/>`;
}

function text(content: string, { x, y }: Point, style: string): string {
  const safe = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${style}>${safe}</text>`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
