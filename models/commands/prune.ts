import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '../cache-folder.ts';
import { PruneError } from '../channels/errors.ts';
import { ensureModel } from '../fetch.ts';
import { keepHeap } from '../keep-heap.ts';
import { openProducts } from '../math/products.ts';
import { decodeModel } from '../onnx/codec.ts';
import { costOf } from '../onnx/cost.ts';
import { type PackedModel, packModel } from '../pack.ts';
import { pickPhotos } from '../photos.ts';
import { prune } from '../prune.ts';
import { type Recipe, readRecipe } from '../recipe.ts';
import { describeSize } from './fetch.ts';
import { startProgress } from './progress-line.ts';
import { stepTimes } from './step-times.ts';

export interface PruneFlags {
  readonly ratio?: number;
  readonly recipe: string;
  readonly calibration?: string;
  readonly unit?: string;
  readonly size?: number;
  readonly seed?: number;
  readonly photos?: number;
  readonly narrow?: number;
  readonly id?: string;
  readonly out?: string;
}

/** Prunes one model and packs the result, printing each step's time and what was kept. */
export async function pruneCommand(model: string, flags: PruneFlags): Promise<void> {
  keepHeap();
  const { ratio, unit, size, seed } = flags;
  const recipe = withRepair(await readRecipe(flags.recipe, { ratio, unit, size, seed }), flags);
  const progress = startProgress(model);
  const parent = await ensureModel(model, { onProgress: progress.report }).finally(progress.stop);
  const { manifest } = await pruneModel(parent, recipe, { ...flags, log: (line) => console.log(line) });
  const after = describeSize(manifest);
  const left = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)} %`;
  console.log(`before ${describeSize(parent.manifest)}`);
  console.log(`after  ${after}: ${left(manifest.parameters, parent.manifest.parameters)} of the parameters`);
}

/** Prunes a packed model by a recipe and packs the result under its own id. */
export async function pruneModel(
  parent: PackedModel,
  recipe: Recipe,
  { calibration, id, out, log }: { calibration?: string; id?: string; out?: string; log: (line: string) => void },
): Promise<PackedModel> {
  const { manifest } = parent;
  const needed = Math.max(recipe.observePhotos, recipe.reconstruct?.photos ?? 0);
  const photos = calibration === undefined ? [] : await pickPhotos(calibration, { count: needed, seed: recipe.seed });
  assertCalibrated(recipe, photos.length);
  const graph = decodeModel(await readFile(join(parent.folder, 'model.onnx')), parent.folder);
  const size = recipe.size === undefined ? {} : { width: recipe.size, height: recipe.size };
  const form = { ...manifest.input, ...size };
  const products = await openProducts();
  const times = stepTimes(log);
  try {
    const pruned = await prune(graph, recipe, { photos, form, products, onStep: times.step });
    times.stop();
    const share = recipe.ratio || (recipe.reconstruct?.narrow ?? 0);
    const name = id ?? `${manifest.id}-${Math.round(share * 100)}`;
    const { family, licence, origin, input } = manifest;
    const facts = { id: name, family, licence, origin: `${origin}; pruned by Cutline`, input, scores: {} };
    const made = {
      step: 'prune',
      ...recipe,
      parent: manifest.id,
      parentSha256: manifest.sha256,
      photos: photos.length,
    };
    const packed = await packModel(pruned, { ...facts, recipe: made }, out ?? join(cacheFolder(), 'models', name));
    log(`kept ${describeSize({ ...costOf(pruned), bytes: packed.manifest.bytes })}`);
    log(`peak memory ${Math.round(process.resourceUsage().maxRSS / 1000)} MB, packed in ${packed.folder}`);
    return packed;
  } finally {
    await products.close();
  }
}

function withRepair(recipe: Recipe, { photos, narrow }: Pick<PruneFlags, 'photos' | 'narrow'>): Recipe {
  if (recipe.reconstruct === undefined) {
    if (narrow === undefined) return recipe;
    throw new PruneError(
      'bad_recipe',
      'Expected a recipe that repairs (reconstruct), which is where layers become narrow',
    );
  }
  const set = { ...(photos === undefined ? {} : { photos }), ...(narrow === undefined ? {} : { narrow }) };
  return { ...recipe, reconstruct: { ...recipe.reconstruct, ...set } };
}

function assertCalibrated(recipe: Recipe, photos: number): void {
  const isWatching = ['activation', 'residual', 'taylor'].includes(recipe.score);
  const needs = recipe.merge || recipe.reconstruct !== undefined || isWatching;
  if (needs && photos === 0) {
    throw new PruneError('no_photos', 'Expected calibration photos for this recipe, got none: pass --calibration DIR');
  }
}
