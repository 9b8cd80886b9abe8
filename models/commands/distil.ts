import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { cacheFolder } from '../cache-folder.ts';
import { ensureModel } from '../fetch.ts';
import { decodeModel } from '../onnx/codec.ts';
import { type PackedModel, packModel } from '../pack.ts';
import { listPhotos } from '../photos.ts';
import { DISTIL_DEFAULTS, type Distilled, type DistilOptions, distil } from '../steps/distil.ts';
import { type CurveRow, writeCurve } from '../train/curve.ts';
import { TrainError } from '../train/errors.ts';
import { givenMasks } from '../train/photos/given-masks.ts';
import { splitPhotos } from '../train/photos/held-back.ts';
import { parentMasks } from '../train/photos/parent-masks.ts';
import { count } from './count.ts';
import { modelId } from './model-id.ts';
import { startProgress } from './progress-line.ts';
import { share } from './share.ts';
import { startTrainingLine } from './training-line.ts';
import { untilStopped } from './until-stopped.ts';
import { weight } from './weight.ts';

interface DistilFlags {
  readonly parent: string;
  readonly calibration: string;
  readonly masks?: string;
  readonly size?: number;
  readonly steps: number;
  readonly batch: number;
  readonly rate: number;
  readonly seed: number;
  readonly heldBack: number;
  readonly validateEvery: number;
  readonly threads: number;
  readonly blocks: number;
  readonly id?: string;
  readonly out?: string;
  readonly resume?: boolean;
}

const EXIT_INTERRUPTED = 130;

/** Adds `distil` to the workshop's command line. */
export function registerDistil(program: Command): void {
  const defaults = DISTIL_DEFAULTS;
  program
    .command('distil')
    .description("Teach a model its parent's masks; can be stopped and resumed")
    .argument('<student>', 'the model to train: a packed folder or a model out of the list')
    .requiredOption('--parent <model>', 'the model to learn from')
    .requiredOption('--calibration <dir>', 'photos to learn on; no labels needed')
    .option(
      '--masks <dir>',
      "ground truth where there is some: <dir>/SET/shoe.png for SET/shoe.jpg; the parent's elsewhere",
    )
    .option('--size <px>', 'input height and width to train and deploy with', count)
    .option('--steps <count>', 'steps to take', count, 4000)
    .option('--batch <count>', 'photos a step', count, defaults.batch)
    .option('--rate <share>', 'highest learning rate, relative to what layers make', share, defaults.learningRate)
    .option('--seed <number>', 'seed of everything random', count, defaults.seed)
    .option('--held-back <share>', 'share of the photos to validate on instead of learning from them', share, 0.05)
    .option('--validate-every <steps>', 'steps between two validations', count, defaults.validateEvery)
    .option('--threads <count>', 'threads; resuming repeats to the byte with the same number', count, defaults.threads)
    .option(
      '--blocks <weight>',
      "how much what the parent's blocks give counts beside its masks",
      weight,
      defaults.blocks,
    )
    .option('--id <id>', 'what to call the result', modelId)
    .option('--out <dir>', 'where to keep checkpoint, curve and result instead of the cache')
    .option('--resume', 'go on with the training that is in the folder')
    .action(distilCommand);
}

async function distilCommand(studentName: string, flags: DistilFlags): Promise<void> {
  if (flags.blocks > 0 && flags.masks !== undefined) {
    throw new TrainError(
      'bad_options',
      "Expected --masks or --blocks, got both: whoever learns the parent's blocks learns the parent's masks, too",
    );
  }
  const student = await open(studentName);
  const parent = await open(flags.parent);
  const id = flags.id ?? `${student.manifest.id}-${parent.manifest.id}`;
  const folder = flags.out ?? join(cacheFolder(), 'training', id);
  const checkpoint = join(folder, 'checkpoint.bin');
  await assertFresh(checkpoint, flags.resume === true);

  const line = startTrainingLine(id, (text) => console.log(text));
  const job = { student, parent, flags };
  const onCheckpoint = (curve: readonly CurveRow[]) => writeCurve(folder, curve, id);
  const result = await untilStopped((signal) =>
    train(job, { checkpoint, signal, onProgress: line.report, onCheckpoint }),
  ).finally(line.stop);
  const { folder: packed } = await pack(result, { ...job, id, folder: join(folder, 'model') });
  console.log(result.isFinished ? `packed in ${packed}` : `stopped; go on with --resume. So far: ${packed}`);
  if (!result.isFinished) process.exitCode = EXIT_INTERRUPTED;
}

interface Job {
  readonly student: PackedModel;
  readonly parent: PackedModel;
  readonly flags: DistilFlags;
}

async function train({ student, parent, flags }: Job, run: Parameters<typeof distil>[3]): Promise<Distilled> {
  const { calibration, masks: given, seed } = flags;
  const photos = splitPhotos(await listPhotos(calibration), { folder: calibration, share: flags.heldBack, seed });
  const cache = join(cacheFolder(), 'masks');
  const learned = parentMasks(parent, { cache, threads: flags.threads });
  const masks = given === undefined ? learned : givenMasks(learned, { photos: calibration, masks: given });
  const size = flags.size === undefined ? {} : { width: flags.size, height: flags.size };
  console.log(`${photos.learned.length} photos to learn from, ${photos.heldBack.length} held back`);
  const teacher = flags.blocks > 0 ? await graphOf(parent) : undefined;
  const inputs = { photos, masks, teacher, form: { ...student.manifest.input, ...size } };
  return await distil(await graphOf(student), inputs, optionsOf(flags), run);
}

async function graphOf({ folder }: PackedModel) {
  return decodeModel(await readFile(join(folder, 'model.onnx')), folder);
}

function optionsOf({ steps, batch, rate, seed, validateEvery, threads, blocks }: DistilFlags) {
  return { steps, batch, learningRate: rate, seed, validateEvery, threads, blocks } satisfies Partial<DistilOptions>;
}

async function pack(
  { graph, curve }: Distilled,
  { student, parent, flags, id, folder }: Job & { id: string; folder: string },
): Promise<PackedModel> {
  const { family, licence, origin, input } = student.manifest;
  const { validationMae, validationSsim, step } =
    curve.findLast(({ validationMae: found }) => found !== undefined) ?? {};
  const recipe = {
    ...DISTIL_DEFAULTS,
    ...optionsOf(flags),
    step: 'distil',
    student: student.manifest.sha256,
    parent: parent.manifest.id,
    parentSha256: parent.manifest.sha256,
    // What the student itself was made by.
    before: student.manifest.recipe,
    ...(step === undefined ? {} : { validation: { step, validationMae, validationSsim } }),
  };
  const taught = `${origin}; taught ${parent.manifest.id}'s masks by Cutline`;
  return packModel(graph, { id, family, licence, origin: taught, input, recipe, scores: {} }, folder);
}

async function open(model: string): Promise<PackedModel> {
  const progress = startProgress(model);
  return await ensureModel(model, { onProgress: progress.report }).finally(progress.stop);
}

async function assertFresh(checkpoint: string, isResumed: boolean): Promise<void> {
  const isThere = await stat(checkpoint).then(
    () => true,
    () => false,
  );
  if (isThere === isResumed) return;
  throw new TrainError(
    'bad_checkpoint',
    isThere
      ? `Expected no training in ${checkpoint}, got one: pass --resume to go on with it, or another --out`
      : `Expected a training to resume in ${checkpoint}, got none: leave out --resume to start one`,
  );
}
