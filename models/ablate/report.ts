import type { EvaluationSet } from '../evaluate/evaluation-sets.ts';
import { COST_COLUMNS, type Measured, QUALITY_COLUMNS } from '../evaluate/report.ts';
import { ARTICLE } from './article.ts';
import { CROP_NAMES, CROP_ORIGINS, drawCrops } from './crops.ts';
import { drawPlot } from './plot.ts';
import { type Cell, cellFolder, type Ratio, readCell, type Study, type StudyFolder } from './study.ts';

/** Ratios that are reported, measured or not. */
export const REPORTED_RATIOS = [0.3, 0.5, 0.6, 0.7, 0.8] as const;

/** A report and the pictures it shows, by file name. */
export interface Report {
  readonly markdown: string;
  readonly files: ReadonlyMap<string, string | Uint8Array>;
}

interface Row {
  readonly ratio: Ratio;
  readonly cell: Cell;
}

/** Writes up every finished row of some studies: the article's table beside ours, then each study whole. */
export async function writeUp(studies: readonly StudyFolder[], sets: readonly EvaluationSet[]): Promise<Report> {
  const files = new Map<string, string | Uint8Array>();
  const parts: string[] = [];
  const compared: string[] = [];
  for (const study of studies) {
    const rows = await rowsOf(study);
    if (rows.length === 0) continue;
    const name = nameOf(study, studies);
    compared.push(articleTable(study, rows));
    files.set(
      `ablation-${name}.svg`,
      drawPlot(
        study.study.parent.id,
        rows.map(({ cell }) => cell),
      ),
    );
    const strip = await drawCrops(
      sets,
      rows.map(({ ratio }) => cellFolder(study, ratio)),
    );
    if (strip !== undefined) files.set(`ablation-${name}.jpg`, strip);
    parts.push(studySection(study, rows, { plot: `ablation-${name}.svg`, strip: strip && `ablation-${name}.jpg` }));
  }
  const markdown = `${[INTRODUCTION, ...compared, ...parts].join('\n\n')}\n`;
  return { markdown, files };
}

/** What a study's pictures are called: its parent and size, and its folder's digest where others have the same. */
function nameOf({ folder, study }: StudyFolder, studies: readonly StudyFolder[]): string {
  const short = ({ parent, recipe }: Study): string => `${parent.id}-${recipe.size ?? parent.width}`;
  const isAlone = studies.filter((other) => short(other.study) === short(study)).length === 1;
  return isAlone ? short(study) : `${short(study)}-${folder.slice(-8)}`;
}

const INTRODUCTION = `# Ablation

What a cut costs in quality and saves in time and memory, written by \`npm run model -- ablate\` from what it measured: do not
edit. Every row is one network, pruned by the same recipe on the same calibration photos and run on the same evaluation
photos, which no step saw. SSIM, MAE, IoU and the rest compare raw masks at the photo's size, unrefined, with the true ones
(\`to parent\`: with the parent's). Cost is measured in fresh processes, one thread, in turns with the parent; the least of
two. Photos are few and the seed is one: differences of a hundredth between rows mean little.

The article claims for U2-Net at 62.8 %: ${ARTICLE.claim}.`;

async function rowsOf(study: StudyFolder): Promise<Row[]> {
  const all: readonly Ratio[] = ['parent', 0, ...REPORTED_RATIOS];
  const rows: Row[] = [];
  for (const ratio of all) {
    const cell = await readCell(study, ratio);
    if (cell !== undefined) rows.push({ ratio, cell });
  }
  return rows;
}

function articleTable({ study }: StudyFolder, rows: readonly Row[]): string {
  const sets = Object.keys(study.sets);
  const { id } = study.parent;
  const lines = (['parent', ...REPORTED_RATIOS] as const).map((ratio) => {
    const cell = rows.find((row) => row.ratio === ratio)?.cell;
    const claimed = ARTICLE.ssim.find(([share]) => share === (ratio === 'parent' ? 0 : ratio))?.[1];
    const ours = sets.map((set) => cell?.quality[set]?.ssim?.toFixed(3) ?? 'not measured');
    return [rowName(ratio, study.recipe.size), claimed?.toFixed(3) ?? '-', ...ours];
  });
  const titles = [
    'parameters taken away',
    'article',
    ...sets.map((set) => `${id}, ${set} (${study.sets[set]?.length})`),
  ];
  return `## ${id}: SSIM beside the article's\n\n${table([titles, ...lines])}`;
}

/** @param pictures Names of the files that are shown. */
function studySection(
  { study }: StudyFolder,
  rows: readonly Row[],
  { plot, strip }: { plot: string; strip: string | undefined },
): string {
  const { parent, recipe, photos, sets } = study;
  const size = recipe.size ?? parent.width;
  const missing = REPORTED_RATIOS.filter((ratio) => !rows.some((row) => row.ratio === ratio));
  const costs = rows.map(({ ratio, cell }) => [
    rowName(ratio, recipe.size),
    ...COST_COLUMNS.map(({ show }) => show(measuredOf(cell))),
    cell.pruning === undefined
      ? '-'
      : `${(cell.pruning.cpuSeconds / 60).toFixed(1)} min, ${(cell.pruning.peakMb / 1000).toFixed(1)} GB`,
  ]);
  const qualities = Object.entries(sets).map(([set, names]) => {
    const lines = rows.map(({ ratio, cell }) => [
      rowName(ratio, recipe.size),
      ...QUALITY_COLUMNS.map(({ key, show }) => show(cell.quality[set]?.[key] ?? Number.NaN)),
    ]);
    return table([[`${set} (${names.length} photos)`, ...QUALITY_COLUMNS.map(({ title }) => title)], ...lines]);
  });
  const columns = rows.map(({ ratio }) => rowName(ratio, recipe.size)).join(', ');
  return [
    `## ${parent.id} at ${size} px`,
    `Score \`${recipe.score}\`, ${recipe.mode}, multiples of ${recipe.align}; merged${recipe.reconstruct === undefined ? '' : ` and repaired on ${Math.min(photos.length, recipe.reconstruct.photos)} photos at ${size} px`}, seed ${recipe.seed}.${missing.length === 0 ? '' : ` Not measured yet: ${missing.map((ratio) => rowName(ratio, undefined)).join(', ')}.`}`,
    table([['', ...COST_COLUMNS.map(({ title }) => title), 'making it: CPU, peak'], ...costs]),
    ...qualities,
    `![${parent.id}: quality over size and time](${plot})`,
    ...(strip === undefined
      ? []
      : [
          `From above: ${CROP_NAMES.join(', ')}. From the left: the photo, ${columns}. Photos: ${CROP_ORIGINS.join(', ')}.`,
          `![${parent.id}: details](${strip})`,
        ]),
  ].join('\n\n');
}

function rowName(ratio: Ratio, size: number | undefined): string {
  if (ratio === 'parent') return 'parent';
  return ratio === 0 ? `uncut at ${size} px` : `-${Math.round(ratio * 100)} %`;
}

function measuredOf({ model, run }: Cell): Measured {
  return { model, quality: {}, run };
}

function table([titles = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(titles), line(titles.map((_, index) => (index === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}
