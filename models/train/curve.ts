import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'csv-stringify/sync';

/** One moment of a training: `step`, and whatever was measured then. */
export type CurveRow = Readonly<Record<string, number>>;

const WIDTH = 720;
const HEIGHT = 320;
const MARGIN = { left: 56, right: 56, top: 28, bottom: 32 };
const COLOURS = ['#1f77b4', '#d62728', '#2ca02c', '#9467bd'];

/** Writes `curve.csv` and `curve.svg` into a folder. */
export async function writeCurve(folder: string, rows: readonly CurveRow[], title: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, text] of [
    ['curve.csv', csvOf(rows)],
    ['curve.svg', svgOf(rows, title)],
  ] as const) {
    const draft = join(folder, `.${name}`);
    await writeFile(draft, text);
    await rename(draft, join(folder, name));
  }
}

/** A table with every column that any row has; empty where a row has none. */
export function csvOf(rows: readonly CurveRow[]): string {
  return stringify([...rows], { header: true, columns: columnsOf(rows) });
}

/**
 * Draws the smoothed loss (left axis, pale behind it as measured) and the validation figures (right axis, each from its own
 * smallest to its own largest value, named with its last).
 */
export function svgOf(rows: readonly CurveRow[], title: string): string {
  const lossPoints = pointsOf(rows, 'loss');
  const shown = columnsOf(rows).filter((name) => name.startsWith('validation'));
  const lastStep = Math.max(1, ...rows.map(({ step = 0 }) => step));
  const lines = [
    line(lossPoints, { lastStep, colour: '#c9d6e3', width: 1 }),
    line(smoothed(lossPoints), { lastStep, colour: COLOURS[0] ?? '', width: 2, range: rangeOf(lossPoints) }),
    ...shown.map((name, index) =>
      line(pointsOf(rows, name), { lastStep, colour: COLOURS[index + 1] ?? '#555', width: 2 }),
    ),
  ];
  const names = [
    ['loss', smoothed(lossPoints)] as const,
    ...shown.map((name) => [name, pointsOf(rows, name)] as const),
  ];
  const legend = names.map(([name, points], index) =>
    text(`${name} ${format(points[0]?.y)} to ${format(points.at(-1)?.y)}`, {
      x: MARGIN.left + 8 + index * 210,
      y: MARGIN.top - 10,
      colour: COLOURS[index] ?? '#555',
    }),
  );
  const { min, max } = rangeOf(lossPoints);
  const axes = [
    text(format(max), { x: 6, y: MARGIN.top + 10, colour: '#333' }),
    text(format(min), { x: 6, y: HEIGHT - MARGIN.bottom, colour: '#333' }),
    text(`${title}, ${lastStep} steps`, { x: MARGIN.left, y: HEIGHT - 8, colour: '#333' }),
    `<rect x="${MARGIN.left}" y="${MARGIN.top}" width="${plot.width}" height="${plot.height}" fill="none" stroke="#ccc"/>`,
  ];
  const view = `viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${view}>\n<rect width="100%" height="100%" fill="white"/>\n${[...axes, ...lines, ...legend].join('\n')}\n</svg>\n`;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

const plot = { width: WIDTH - MARGIN.left - MARGIN.right, height: HEIGHT - MARGIN.top - MARGIN.bottom };

function columnsOf(rows: readonly CurveRow[]): string[] {
  return [...new Set(rows.flatMap((row) => Object.keys(row)))];
}

function pointsOf(rows: readonly CurveRow[], column: string): Point[] {
  return rows.flatMap(({ step = 0, [column]: y }) => (y === undefined ? [] : [{ x: step, y }]));
}

/** Each point drawn towards those before it. */
function smoothed(points: readonly Point[]): Point[] {
  let mean = points[0]?.y ?? 0;
  return points.map(({ x, y }) => {
    mean += 0.1 * (y - mean);
    return { x, y: mean };
  });
}

function rangeOf(points: readonly Point[]): { min: number; max: number } {
  const values = points.map(({ y }) => y);
  return values.length === 0 ? { min: 0, max: 1 } : { min: Math.min(...values), max: Math.max(...values) };
}

function line(
  points: readonly Point[],
  {
    lastStep,
    colour,
    width,
    range: { min, max } = rangeOf(points),
  }: { lastStep: number; colour: string; width: number; range?: { min: number; max: number } },
): string {
  const path = points.map(({ x, y }) => {
    const across = MARGIN.left + (x / lastStep) * plot.width;
    const up = max > min ? (y - min) / (max - min) : 0.5;
    return `${across.toFixed(1)},${(MARGIN.top + (1 - up) * plot.height).toFixed(1)}`;
  });
  return `<polyline fill="none" stroke="${colour}" stroke-width="${width}" points="${path.join(' ')}"/>`;
}

function text(content: string, { x, y, colour }: { x: number; y: number; colour: string }): string {
  const safe = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x}" y="${y}" fill="${colour}">${safe}</text>`;
}

function format(value: number | undefined): string {
  return value === undefined ? '' : value.toPrecision(4);
}
