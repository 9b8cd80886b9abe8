import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Chain, ChainStep, DistilStep, QuantizeStep } from './chain.ts';
import { PruneError } from './channels/errors.ts';
import { pruneModel } from './commands/prune.ts';
import { ensureModel } from './fetch.ts';
import { seededRandom } from './math/random.ts';
import { decodeModel } from './onnx/codec.ts';
import { isPackedModel, type PackedModel, packModel, readPackedModel } from './pack.ts';
import { listPhotos, pickPhotos } from './photos.ts';
import { distil } from './steps/distil.ts';
import { quantize } from './steps/quantize.ts';
import type { CurveRow } from './train/curve.ts';
import { splitPhotos } from './train/photos/held-back.ts';
import { parentMasks } from './train/photos/parent-masks.ts';
import type { TrainProgress } from './train/train.ts';

export interface ReproduceOptions {
  /** Photos to watch, repair and learn on. */
  readonly calibration: string;
  /** Where each step's result is kept; what lies there already is used again. */
  readonly work: string;
  readonly log: (line: string) => void;
  /**
   * Runs a training with a signal that stops it with a checkpoint. Other steps start anew when they are done again, so that whoever wants to
   * stop may end the process. @default one that never stops
   */
  readonly untilStopped?: <T>(run: (signal: AbortSignal) => Promise<T>) => Promise<T>;
  /** Finds a teacher that a step names. @default {@link ensureModel} */
  readonly findModel?: (id: string) => Promise<PackedModel>;
  /** Told every step of a training. */
  readonly onProgress?: (progress: TrainProgress) => void;
  /** Told the curve of a training at each of its checkpoints. */
  readonly onCurve?: (curve: readonly CurveRow[]) => void;
}

/**
 * Makes a tier from its parent, step after step. Each step's result is packed before the next begins, so that a chain
 * that was stopped goes on where it was.
 *
 * @returns The last step's result, packed under the chain's id. Cost: hours for a deep cut of a heavy parent.
 */
export async function reproduce(parent: PackedModel, chain: Chain, options: ReproduceOptions): Promise<PackedModel> {
  let before = parent;
  for (const [index, step] of chain.steps.entries()) {
    const folder = join(options.work, `${index + 1}-${step.step}`);
    const done = await readDone(folder, step, before);
    options.log(done === undefined ? `${step.step} ...` : `${step.step}: done before`);
    before = done ?? (await takeStep(before, step, { ...options, id: chain.id, parent, folder }));
  }
  return before;
}

interface StepPlace extends ReproduceOptions {
  readonly id: string;
  /** The chain's parent, which students learn from where their step names no teacher. */
  readonly parent: PackedModel;
  readonly folder: string;
}

/** What an earlier run of the same step on the same model has left. */
async function readDone(folder: string, step: ChainStep, before: PackedModel): Promise<PackedModel | undefined> {
  if (!(await isPackedModel(folder))) return undefined;
  const packed = await readPackedModel(folder);
  const { recipe } = packed.manifest;
  const { parentSha256 } = recipe;
  const isSame = Object.entries(step).every(([name, value]) => isDeepStrictEqual(recipe[name], value));
  return isSame && parentSha256 === before.manifest.sha256 ? packed : undefined;
}

async function takeStep(before: PackedModel, step: ChainStep, place: StepPlace): Promise<PackedModel> {
  switch (step.step) {
    case 'prune': {
      const { step: _, ...recipe } = step;
      return await pruneModel(before, recipe, { ...place, out: place.folder });
    }
    case 'distil':
      return await distilStep(before, step, place);
    case 'quantize':
      return await quantizeStep(before, step, place);
  }
}

async function distilStep(before: PackedModel, step: DistilStep, place: StepPlace): Promise<PackedModel> {
  const { calibration, work } = place;
  const { step: _, heldBack, teacher, photos: most, blocks = 0, ...training } = step;
  const { seed } = step;
  const split = splitPhotos(await listPhotos(calibration), { folder: calibration, share: heldBack, seed });
  const photos = { ...split, learned: seededRandom(seed).shuffled(split.learned).slice(0, most) };
  const threads = availableParallelism();
  const { findModel = ensureModel, untilStopped = (run) => run(new AbortController().signal) } = place;
  const source = teacher === undefined ? place.parent : await findModel(teacher);
  const masks = parentMasks(source, { cache: join(work, 'masks'), threads });
  const student = await readNetwork(before);
  const network = blocks > 0 ? await readNetwork(source) : undefined;
  const { graph, curve, isFinished } = await untilStopped((signal) =>
    distil(
      student,
      { photos, masks, form: before.manifest.input, teacher: network },
      { ...training, blocks, threads },
      {
        checkpoint: `${place.folder}.checkpoint`,
        signal,
        ...(place.onProgress && { onProgress: place.onProgress }),
        onCheckpoint: async (rows) => place.onCurve?.(rows),
      },
    ),
  );
  if (!isFinished) {
    throw new PruneError('interrupted', 'Expected the training to finish, got a stop: run the same command to go on');
  }
  return await packStep(before, step, { place, graph, facts: { validation: curve.at(-1) } });
}

async function quantizeStep(before: PackedModel, step: QuantizeStep, place: StepPlace): Promise<PackedModel> {
  const all = await pickPhotos(place.calibration, { count: Number.POSITIVE_INFINITY, seed: step.seed });
  // From the far end of the same order, so that no step has seen them.
  const validation = all.slice(Math.max(step.photos, all.length - step.validation));
  const { graph, chosen, trials } = await quantize(await readNetwork(before), {
    photos: all.slice(0, step.photos),
    validation,
    form: before.manifest.input,
    seed: step.seed,
    packedFrom: step.packedFrom,
    inRows: step.inRows,
    minded: step.minded,
    ...(step.worthwhile !== undefined && { worthwhile: step.worthwhile }),
    onStep: (name, detail) => place.log(`  ${name} ${detail ?? ''}`),
  });
  return await packStep(before, step, { place, graph, facts: { chosen, trials } });
}

async function readNetwork({ folder }: PackedModel) {
  return decodeModel(await readFile(join(folder, 'model.onnx')), folder);
}

/** Packs a step's result with what the step was and what it was done to. */
async function packStep(
  before: PackedModel,
  step: ChainStep,
  { place, graph, facts }: { place: StepPlace; graph: Parameters<typeof packModel>[0]; facts: object },
): Promise<PackedModel> {
  const { family, licence, origin, input, recipe, sha256 } = before.manifest;
  const done = { prune: 'pruned', distil: 'taught', quantize: 'quantized' }[step.step];
  const made = { ...step, parentSha256: sha256, ...facts, before: recipe };
  return await packModel(
    graph,
    { id: place.id, family, licence, origin: `${origin}; ${done} by Cutline`, input, recipe: made, scores: {} },
    place.folder,
  );
}
