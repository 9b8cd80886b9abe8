import { createHash } from 'node:crypto';
import { encodeModel } from '../onnx/codec.ts';
import type { Graph } from '../onnx/graph.ts';
import type { InputForm } from '../photos.ts';
import type { CurveRow } from '../train/curve.ts';
import { TrainError } from '../train/errors.ts';
import { observeLayers } from '../train/layer-statistics.ts';
import { frame, WHOLE_PHOTO } from '../train/photos/framing.ts';
import type { PhotoSplit } from '../train/photos/held-back.ts';
import type { MaskSource } from '../train/photos/parent-masks.ts';
import { sampleDrawer, targetOf, tensors } from '../train/photos/samples.ts';
import { validator } from '../train/photos/validation.ts';
import { openTeacherBlocks, type TeacherBlocks } from '../train/teacher-blocks.ts';
import { TRAIN_DEFAULTS, type TrainOptions, type TrainRun, train } from '../train/train.ts';
import { withWeights } from '../train/trained-model.ts';
import { buildTrainingGraph, type Loss } from '../train/training-graph.ts';
import { simplify } from './simplify.ts';

export interface DistilOptions extends TrainOptions {
  readonly seed: number;
  /**
   * Terms on the mask and their weights. Cross-entropy is for true masks: where a network that is nearly right is surely wrong about a
   * whole photo, it drowns all others, and forty steps of it undid what the same steps of L1 gained. @default L1 at full and at half size
   */
  readonly maskLoss: NonNullable<Loss['mask']>;
  /** How much more the pixels at edges count. @default 4 */
  readonly edgeWeight: number;
  /** Whether photos are varied at random, or only mirrored. @default true */
  readonly isVaried: boolean;
  /** Share of the samples put before another background. @default 0.35 */
  readonly backdropShare: number;
  /** Photos that each validation runs. @default 48 */
  readonly validationPhotos: number;
  /**
   * How much it counts what the teacher's blocks give, beside the mask; the teacher is then run on every sample, and its mask of that is learned
   * too. 0 learns from the mask alone. @default 0
   */
  readonly blocks: number;
}

export const DISTIL_DEFAULTS: Omit<DistilOptions, 'steps'> = Object.freeze({
  ...TRAIN_DEFAULTS,
  learningRate: 2e-3,
  seed: 1,
  maskLoss: Object.freeze({ absolute: 1, halfSizeAbsolute: 0.5 }),
  edgeWeight: 4,
  isVaried: true,
  backdropShare: 0.35,
  validationPhotos: 48,
  blocks: 0,
});

/** Photos that the layers are measured on before training. */
const STATISTICS_PHOTOS = 16;

/** What a student learns from. */
export interface DistilInputs {
  readonly photos: PhotoSplit;
  /** The parent's masks, or better ones. */
  readonly masks: MaskSource;
  /** What the student is fed; it is trained at this size, which should be the size it is used at. */
  readonly form: InputForm;
  /** What the student was cut out of, where `blocks` are to be learned. */
  readonly teacher?: Graph | undefined;
}

export interface Distilled {
  readonly graph: Graph;
  readonly curve: readonly CurveRow[];
  readonly isFinished: boolean;
}

/**
 * Teaches a network to make its parent's masks (Hinton et al. 2015), on photos framed, recoloured and put before other backgrounds at random while the
 * mask stays what the parent made of the photo as it was; where blocks are learned, the parent looks at each varied photo itself.
 *
 * @returns The student with the averaged weights. Cost: about 3.7 runs of the student a photo, and one of the parent for blocks.
 */
export async function distil(
  student: Graph,
  { photos, masks, form, teacher }: DistilInputs,
  { steps, ...given }: Partial<DistilOptions> & { steps: number },
  run: TrainRun,
): Promise<Distilled> {
  const options: DistilOptions = { ...DISTIL_DEFAULTS, ...given, steps };
  const model = simplify(student, { size: form, foldBatchNorm: true });
  const first = await Promise.all(
    photos.learned.slice(0, STATISTICS_PHOTOS).map((file) => readWhole(file, masks, form)),
  );
  const statistics = await observeLayers(model, first, options);
  const blocks = await openBlocks({ student: model, teacher, form }, first, options);
  const training = buildTrainingGraph(model, { mask: options.maskLoss, features: weighted(blocks, options.blocks) });
  const draw = sampleDrawer({ ...options, photos: photos.learned, source: masks, form });
  const agreement = validator({
    photos: photos.heldBack,
    source: masks,
    form,
    count: options.validationPhotos,
    seed: options.seed,
    threads: options.threads,
  });
  const { photo, target, emphasis } = training;
  const { weights, curve, isFinished } = await train(
    {
      training,
      statistics,
      fingerprint: fingerprintOf(model, { photos, masks, options }),
      sample: async (at) => {
        const drawn = await draw(at);
        const seen = await blocks?.of(drawn.photo);
        const wanted = seen === undefined ? drawn : { ...drawn, ...targetOf(seen.mask, form, options.edgeWeight) };
        return {
          [photo.name]: wanted.photo,
          ...(target && { [target.name]: wanted.target }),
          ...(emphasis && { [emphasis.name]: wanted.emphasis }),
          ...seen?.features,
        };
      },
      validate: async (values) => ({ ...(await agreement(withWeights(model, values))) }),
    },
    options,
    run,
  ).finally(() => blocks?.close());
  return { graph: withWeights(model, weights), curve, isFinished };
}

async function openBlocks(
  { student, teacher, form }: { student: Graph; teacher: Graph | undefined; form: InputForm },
  photos: readonly Float32Array[],
  { blocks, threads }: DistilOptions,
): Promise<TeacherBlocks | undefined> {
  if (blocks === 0) return undefined;
  if (teacher === undefined) {
    throw new TrainError('bad_options', 'Expected the network whose blocks are to be learned, got none');
  }
  return await openTeacherBlocks({ teacher: simplify(teacher, { size: form, foldBatchNorm: true }), student }, photos, {
    threads,
  });
}

function weighted(blocks: TeacherBlocks | undefined, weight: number): NonNullable<Loss['features']> {
  return (blocks?.features ?? []).map((feature) => ({ ...feature, weight: feature.weight * weight }));
}

async function readWhole(file: string, masks: MaskSource, form: InputForm): Promise<Float32Array> {
  return tensors(await frame(await masks.read(file), WHOLE_PHOTO, form), form, 0).photo;
}

/** Names everything that decides what is learned, but not how often it is looked at. */
function fingerprintOf(
  model: Graph,
  { photos, masks, options }: { photos: PhotoSplit; masks: MaskSource; options: DistilOptions },
): string {
  const {
    rowEvery: _,
    validateEvery: __,
    checkpointEveryMs: ___,
    validationPhotos: ____,
    threads: _____,
    ...deciding
  } = options;
  const hash = createHash('sha256').update(encodeModel(model)).update(masks.id);
  return hash.update(JSON.stringify([photos, deciding])).digest('hex');
}
