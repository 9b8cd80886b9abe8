import { type EdgeFigures, type MeasuredEdges, NEAR_PX, WAYS } from './measure-edges.ts';
import { alignColumns } from './report.ts';
import { SOLVABLE } from './true-colours.ts';

/** A table for a terminal: a way a row, each figure with how it differs from bilinear scaling; then what was compared. */
export function describeEdges(title: string, measured: MeasuredEdges): string {
  const { photos, leftOut, pixels, unseen, noise, ways } = measured;
  const cell = (of: (figures: EdgeFigures) => number | null, digits: number) => (figures: EdgeFigures) => {
    const [value, from] = [of(figures), of(ways.bilinear)];
    if (value === null || from === null) return '-';
    if (figures === ways.bilinear) return value.toFixed(digits);
    return `${value.toFixed(digits)} (${signed(value / from - 1)})`;
  };
  const columns = [
    { title: 'alpha MAE', show: cell(({ alphaMae }) => alphaMae, 5) },
    { title: 'outline px', show: cell(({ outlinePx }) => outlinePx, 2) },
    { title: `within ${NEAR_PX} px`, show: cell(({ nearPx }) => nearPx, 2) },
    { title: 'colour', show: cell(({ colour }) => colour, 1) },
  ];
  const table = alignColumns([
    [title, ...columns.map(({ title: name }) => name)],
    ...WAYS.map((way) => [way, ...columns.map(({ show }) => show(ways[way]))]),
  ]);
  const lost = leftOut === 0 ? '' : `, ${leftOut} left out whose subject was not found`;
  const [low, high] = [SOLVABLE.low, SOLVABLE.high].map((share) => Math.round(share * 100));
  const colours =
    pixels === 0
      ? 'No colours: no cut-out lies on two backdrops.'
      : `Colours: mean error in levels of ${pixels} pixels of ${low} to ${high} % opacity (${unseen} more are wholly transparent in one of the three); the truth itself is known to ${noise.toFixed(1)}.`;
  return `${table}\n${photos} photos${lost}. ${colours}`;
}

function signed(share: number): string {
  return `${share > 0 ? '+' : ''}${Math.round(share * 100)} %`;
}
