import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { z } from 'zod';
import { sharp } from '#functions/imaging/codec.ts';
import type { Alpha } from '#functions/imaging/raster.ts';
import type { EvaluationSet } from '../evaluate/evaluation-sets.ts';
import { RunFigures } from '../evaluate/measure-run.ts';
import type { Masks } from '../evaluate/segment-sets.ts';
import type { Watched } from '../prune.ts';
import { Recipe } from '../recipe.ts';

const Quality = z.object({
  mae: z.number(),
  maxF: z.number(),
  sMeasure: z.number(),
  iou: z.number(),
  boundaryPx: z.number(),
  ssim: z.number(),
  parentSsim: z.number(),
  parentMae: z.number(),
});

/** One row of an ablation: a network with some share cut, and all that was measured of it. */
export const Cell = z.object({
  /** Share of the parameters to cut; 0 is the parent at the study's size. */
  ratio: z.number(),
  model: z.object({ id: z.string(), parameters: z.number(), macs: z.number(), bytes: z.number() }),
  /** By set. */
  quality: z.record(z.string(), Quality),
  run: RunFigures,
  /** What making it took, measured in its own process. */
  pruning: z.object({ cpuSeconds: z.number(), peakMb: z.number() }).optional(),
});
export type Cell = z.infer<typeof Cell>;

/** A share that was cut, 0 for none; `parent` is the parent as it was fetched, at its own size. */
export type Ratio = number | 'parent';

/** What a study is about: one parent, one recipe, the same photos for every ratio. */
export const Study = z.object({
  parent: z.object({ id: z.string(), sha256: z.string(), width: z.number(), height: z.number() }),
  recipe: Recipe,
  /** Photos that were calibrated on. */
  photos: z.array(z.string()),
  /** Photo pairs by set. */
  sets: z.record(z.string(), z.array(z.string())),
});
export type Study = z.infer<typeof Study>;

/** A study's folder: every finished part is a file in it, so that it can be stopped and resumed at any point. */
export interface StudyFolder {
  readonly folder: string;
  readonly study: Study;
}

/** Opens the folder of a study inside a work folder; another recipe or other photos lead to another folder. */
export async function openStudy(work: string, study: Study): Promise<StudyFolder> {
  const digest = createHash('sha256').update(JSON.stringify(study)).digest('hex').slice(0, 8);
  const folder = join(work, `${study.parent.id}-${digest}`);
  await mkdir(folder, { recursive: true });
  await writeWhole(join(folder, 'study.json'), `${JSON.stringify(study, null, 2)}\n`);
  return { folder, study };
}

/** Every study in a work folder, by name. */
export async function listStudies(work: string): Promise<StudyFolder[]> {
  const names = (await readdir(work).catch(() => [])).sort();
  const found = await Promise.all(
    names.map(async (name) => {
      const study = Study.safeParse(await readJson(join(work, name, 'study.json')));
      return study.success ? [{ folder: join(work, name), study: study.data }] : [];
    }),
  );
  return found.flat();
}

/** Where a row's model, masks and figures are. */
export function cellFolder({ folder }: StudyFolder, ratio: Ratio): string {
  return join(folder, ratio === 'parent' ? ratio : `${Math.round(ratio * 100)}`);
}

/** A cell that was finished, or none. */
export async function readCell(study: StudyFolder, ratio: Ratio): Promise<Cell | undefined> {
  return Cell.safeParse(await readJson(join(cellFolder(study, ratio), 'cell.json'))).data;
}

export async function writeCell(study: StudyFolder, ratio: Ratio, cell: Cell): Promise<void> {
  await writeWhole(join(cellFolder(study, ratio), 'cell.json'), `${JSON.stringify(cell, null, 2)}\n`);
}

const WatchedFile = z.object({
  observations: z.map(z.string(), z.object({ mean: z.instanceof(Float64Array), products: z.instanceof(Float64Array) })),
  scores: z.map(z.number(), z.number()),
});

/** What was observed of the parent and how its channels were valued, which is the same for every ratio. */
export async function readWatched({ folder }: StudyFolder): Promise<Watched | undefined> {
  const bytes = await readFile(join(folder, 'watched.bin')).catch(() => undefined);
  return bytes === undefined ? undefined : WatchedFile.parse(deserialize(bytes));
}

export async function writeWatched({ folder }: StudyFolder, { observations, scores }: Watched): Promise<void> {
  await writeWhole(join(folder, 'watched.bin'), serialize({ observations, scores }));
}

/** Writes a cell's masks as PNG, `masks/SET/NAME.png`. */
export async function writeMasks(folder: string, sets: readonly EvaluationSet[], masks: Masks): Promise<void> {
  for (const { name: set, pairs } of sets) {
    await mkdir(join(folder, 'masks', set), { recursive: true });
    for (const { name, photo } of pairs) {
      const mask = masks.get(photo);
      if (mask === undefined) continue;
      const { width, height, data } = mask;
      await sharp(data, { raw: { width, height, channels: 1 } })
        .png()
        .toFile(maskFile(folder, set, name));
    }
  }
}

export async function readMasks(folder: string, sets: readonly EvaluationSet[]): Promise<Masks> {
  const masks = new Map<string, Alpha>();
  for (const { name: set, pairs } of sets) {
    for (const { name, photo } of pairs) masks.set(photo, await readMask(maskFile(folder, set, name)));
  }
  return masks;
}

export function maskFile(folder: string, set: string, name: string): string {
  return join(folder, 'masks', set, `${name}.png`);
}

async function readMask(file: string): Promise<Alpha> {
  const { data, info } = await sharp(file).extractChannel(0).raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

async function readJson(file: string): Promise<unknown> {
  return readFile(file, 'utf8').then(
    (text) => JSON.parse(text),
    () => undefined,
  );
}

/** Writes a file so that it is there wholly or not at all. */
async function writeWhole(file: string, content: string | Uint8Array): Promise<void> {
  const draft = `${file}.draft`;
  await writeFile(draft, content);
  await rename(draft, file);
}
