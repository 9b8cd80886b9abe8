import { type AdamWeight, adamStepInto, adamWeight } from './adam.ts';
import { type CentredLayer, centreGradientsInto, keepMeansInto, meanOutputs } from './centre.ts';
import { type Checkpoint, readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import type { CurveRow } from './curve.ts';
import { TrainError } from './errors.ts';
import { clipInto } from './gradient-norm.ts';
import { type GradientSession, openGradientSession, type Sample } from './gradient-session.ts';
import { type Statistics, stepSizes } from './layer-statistics.ts';
import { followInto } from './moving-average.ts';
import { learningRateAt } from './schedule.ts';
import type { TrainingGraph } from './training-graph.ts';

/** How much one photo's gradients change what is usual. */
const USUAL_SHARE = 0.02;

export type Weights = ReadonlyMap<string, Float32Array>;

/** What is trained, and on what. */
export interface TrainingPlan {
  readonly training: TrainingGraph;
  /** Names model, data and everything else that must be the same when a training is resumed. */
  readonly fingerprint: string;
  /** The same step and index give the same sample, so that a resumed training sees what it would have seen. */
  readonly sample: (at: { step: number; index: number }) => Promise<Sample>;
  /** What the network's layers read and make, which says how far their weights move; by their own size where absent. */
  readonly statistics?: Statistics;
  /** Figures of the averaged weights on photos held back; they become columns of the curve. */
  readonly validate?: (weights: Weights) => Promise<Record<string, number>>;
}

export interface TrainOptions {
  readonly steps: number;
  /** Photos a step. @default 4 */
  readonly batch: number;
  /** Relative, see {@link stepSizes} and {@link adamWeight}. @default 4e-4 */
  readonly learningRate: number;
  /** @default 50 */
  readonly warmupSteps: number;
  /** @default 0.998 */
  readonly averageDecay: number;
  /** A photo's gradients longer than this many times what is usual are shortened to it. @default 1 */
  readonly clipRatio: number;
  /** Steps between two rows of the curve. @default 10 */
  readonly rowEvery: number;
  /** Steps between two validations. @default 250 */
  readonly validateEvery: number;
  /** @default 180,000 */
  readonly checkpointEveryMs: number;
  /** @default 1 */
  readonly threads: number;
}

export const TRAIN_DEFAULTS: Omit<TrainOptions, 'steps'> = Object.freeze({
  batch: 4,
  learningRate: 4e-4,
  warmupSteps: 50,
  averageDecay: 0.998,
  clipRatio: 1,
  rowEvery: 10,
  validateEvery: 250,
  checkpointEveryMs: 180_000,
  threads: 1,
});

/** How far a training is. */
export interface TrainProgress {
  readonly step: number;
  readonly steps: number;
  readonly batch: number;
  readonly loss: number;
  /** The row the step added to the curve, if it did. */
  readonly row?: CurveRow;
}

export interface TrainRun {
  /** Where the training is kept; one that is there already goes on. */
  readonly checkpoint: string;
  readonly onProgress?: (progress: TrainProgress) => void;
  /** Called after each checkpoint was written. */
  readonly onCheckpoint?: (curve: readonly CurveRow[]) => Promise<void>;
  /** Stops after the step under way, with a checkpoint. */
  readonly signal?: AbortSignal;
}

export interface TrainResult {
  /** The averaged weights. */
  readonly weights: Weights;
  readonly curve: readonly CurveRow[];
  /** False when it was stopped before its last step. */
  readonly isFinished: boolean;
}

/** Everything that changes from step to step. */
interface TrainState {
  step: number;
  readonly weights: readonly AdamWeight[];
  readonly averages: readonly Float32Array[];
  /** Decaying mean of the gradients' length, one number. */
  readonly usualLength: Float32Array;
  readonly curve: CurveRow[];
}

/**
 * Trains a network: Adam with a cosine schedule on averaged gradients of a batch, an average of the weights beside it, and a checkpoint
 * every few minutes. On one thread a training that was stopped and resumed ends with the same bytes as one that was not.
 *
 * @throws {TrainError} `bad_checkpoint` when the checkpoint belongs to another training, `diverged` when the loss is no number any more.
 */
export async function train(
  plan: TrainingPlan,
  { steps, ...given }: Partial<TrainOptions> & { steps: number },
  run: TrainRun,
): Promise<TrainResult> {
  const options: TrainOptions = { ...TRAIN_DEFAULTS, ...given, steps };
  const state = await startOrResume(plan, run.checkpoint);
  const session = await openGradientSession(
    plan.training,
    state.weights.map(({ values }) => values),
    options,
  );
  try {
    await takeSteps({ plan, options, run, state, session });
  } finally {
    await session.close();
  }
  return { weights: averagedWeights(state), curve: state.curve, isFinished: state.step >= steps };
}

interface Loop {
  readonly plan: TrainingPlan;
  readonly options: TrainOptions;
  readonly run: TrainRun;
  readonly state: TrainState;
  readonly session: GradientSession;
}

async function takeSteps(loop: Loop): Promise<void> {
  const { plan, options, run, state } = loop;
  const save = async (): Promise<void> => {
    await writeCheckpoint(run.checkpoint, toCheckpoint(state, plan.fingerprint));
    await run.onCheckpoint?.(state.curve);
  };
  if (state.step === 0 && plan.validate !== undefined) {
    state.curve.push({ step: 0, ...(await plan.validate(averagedWeights(state))) });
  }
  let savedAt = performance.now();
  let next = samplesOf(loop, state.step + 1);
  while (state.step < options.steps && run.signal?.aborted !== true) {
    const samples = await next;
    if (state.step + 2 <= options.steps) next = samplesOf(loop, state.step + 2);
    const { loss, row } = await takeStep(loop, samples);
    run.onProgress?.({ step: state.step, steps: options.steps, batch: options.batch, loss, ...(row && { row }) });
    if (performance.now() - savedAt > options.checkpointEveryMs) {
      await save();
      savedAt = performance.now();
    }
  }
  await next.catch(() => {});
  await save();
}

/** Prepares a step's samples while the step before it runs. A failure is reported where the samples are awaited. */
function samplesOf({ plan, options }: Loop, step: number): Promise<Sample[]> {
  const samples = Promise.all(Array.from({ length: options.batch }, (_, index) => plan.sample({ step, index })));
  samples.catch(() => {});
  return samples;
}

async function takeStep(
  { plan, options, state, session }: Loop,
  samples: readonly Sample[],
): Promise<{ loss: number; row: CurveRow | undefined }> {
  const sums = state.weights.map(({ values }) => new Float32Array(values.length));
  let [loss, length] = [0, 0];
  for (const sample of samples) {
    loss += (await session.run(sample)) / samples.length;
    for (const layer of centredLayers(plan, state.weights, session.gradients)) centreGradientsInto(layer);
    length += clipToUsual(session.gradients, state.usualLength, options.clipRatio) / samples.length;
    for (const [index, sum] of sums.entries()) addInto(sum, session.gradients[index] ?? sum, 1 / samples.length);
  }
  state.step++;
  const { step } = state;
  const learningRate = learningRateAt(step, options);
  const values = state.weights.map((weight) => weight.values);
  const layers = centredLayers(plan, state.weights, values).map((layer) => ({ layer, before: meanOutputs(layer) }));
  for (const [index, weight] of state.weights.entries()) {
    const gradient = sums[index];
    if (gradient !== undefined) adamStepInto(weight, gradient, { learningRate, step });
  }
  for (const { layer, before } of layers) keepMeansInto(layer, before, meanOutputs(layer));
  for (const [index, average] of state.averages.entries()) {
    followInto(average, values[index] ?? average, { decay: options.averageDecay, step });
  }
  return { loss, row: await addRow({ plan, options, state }, { loss, length, learningRate }) };
}

/**
 * Shortens one photo's gradients to what photos usually have, which is their geometric mean: a few on which the network is surely
 * wrong have gradients fifty times as long, and would drown what the others say.
 *
 * @returns Their length before.
 */
function clipToUsual(gradients: readonly Float32Array[], usualLength: Float32Array, ratio: number): number {
  const usual = usualLength[0] || undefined;
  const length = clipInto(gradients, usual === undefined ? Number.POSITIVE_INFINITY : ratio * usual);
  if (length > 0) usualLength[0] = usual === undefined ? length : usual * (length / usual) ** USUAL_SHARE;
  return length;
}

function addInto(sum: Float32Array, values: Float32Array, share: number): void {
  for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + share * (values[i] as number);
}

/** The layers whose inputs' means are known, with their filters and biases, or the gradients of those, out of `arrays`. */
function centredLayers(
  { statistics }: TrainingPlan,
  weights: readonly AdamWeight[],
  arrays: readonly Float32Array[],
): CentredLayer[] {
  const byName = new Map(weights.map(({ name }, index) => [name, arrays[index]]));
  return [...(statistics ?? [])].flatMap(([name, { bias = '', inputMeans }]) => {
    const [filters, biases] = [byName.get(name), byName.get(bias)];
    return filters === undefined || biases === undefined ? [] : [{ filters, biases, means: inputMeans }];
  });
}

async function addRow(
  { plan, options, state }: Pick<Loop, 'plan' | 'options' | 'state'>,
  { loss, length, learningRate }: { loss: number; length: number; learningRate: number },
): Promise<CurveRow | undefined> {
  const { step, curve } = state;
  const isLast = step === options.steps;
  const isValidated = plan.validate !== undefined && (isLast || step % options.validateEvery === 0);
  if (!isLast && !isValidated && step % options.rowEvery !== 0) return undefined;
  const figures = isValidated ? await plan.validate?.(averagedWeights(state)) : {};
  const row = { step, photos: step * options.batch, loss, gradientLength: length, learningRate, ...figures };
  curve.push(row);
  return row;
}

async function startOrResume(
  { training, fingerprint, statistics = new Map() }: TrainingPlan,
  file: string,
): Promise<TrainState> {
  const sizes = stepSizes(training.weights, statistics);
  const weights = training.weights.map((weight) => adamWeight(weight, sizes.get(weight.name)));
  const state: TrainState = {
    step: 0,
    weights,
    averages: weights.map(({ values }) => Float32Array.from(values)),
    usualLength: new Float32Array(1),
    curve: [],
  };
  const checkpoint = await readCheckpoint(file);
  if (checkpoint === undefined) return state;
  if (checkpoint.fingerprint !== fingerprint) {
    throw new TrainError(
      'bad_checkpoint',
      `Expected a checkpoint of this training in ${file}, got one of another model, other data or other options: choose another folder`,
    );
  }
  for (const [name, array] of arraysOf(state)) {
    const saved = checkpoint.arrays.get(name);
    if (saved?.length !== array.length) {
      throw new TrainError(
        'bad_checkpoint',
        `Expected ${array.length} values of ${name} in ${file}, got ${saved?.length}`,
      );
    }
    array.set(saved);
  }
  state.step = checkpoint.step;
  state.curve.push(...checkpoint.curve);
  return state;
}

function toCheckpoint(state: TrainState, fingerprint: string): Checkpoint {
  return { fingerprint, step: state.step, curve: [...state.curve], arrays: arraysOf(state) };
}

function arraysOf({ weights, averages, usualLength }: TrainState): Map<string, Float32Array> {
  return new Map([
    ...weights.flatMap(({ name, values, first, second }): [string, Float32Array][] => [
      [`${name}#values`, values],
      [`${name}#first`, first],
      [`${name}#second`, second],
    ]),
    ...weights.map(({ name, values }, index): [string, Float32Array] => [`${name}#average`, averages[index] ?? values]),
    ['#usual-length', usualLength],
  ]);
}

function averagedWeights({ weights, averages }: TrainState): Map<string, Float32Array> {
  return new Map(weights.map(({ name, values }, index) => [name, averages[index] ?? values]));
}
