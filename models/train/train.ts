import { type AdamWeight, adamStepInto, adamWeight } from './adam.ts';
import { type Checkpoint, readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import type { CurveRow } from './curve.ts';
import { TrainError } from './errors.ts';
import { clipInto } from './gradient-norm.ts';
import { type GradientSession, openGradientSession, type Sample } from './gradient-session.ts';
import { followInto } from './moving-average.ts';
import { learningRateAt } from './schedule.ts';
import type { TrainingGraph } from './training-graph.ts';

export type Weights = ReadonlyMap<string, Float32Array>;

/** What is trained, and on what. */
export interface TrainingPlan {
  readonly training: TrainingGraph;
  /** Names model, data and everything else that must be the same when a training is resumed. */
  readonly fingerprint: string;
  /** The same step and index give the same sample, so that a resumed training sees what it would have seen. */
  readonly sample: (at: { step: number; index: number }) => Promise<Sample>;
  /** Figures of the averaged weights on photos held back; they become columns of the curve. */
  readonly validate?: (weights: Weights) => Promise<Record<string, number>>;
}

export interface TrainOptions {
  readonly steps: number;
  /** Photos a step. @default 4 */
  readonly batch: number;
  /** Relative, see {@link adamStepInto}. @default 4e-4 */
  readonly learningRate: number;
  /** @default 50 */
  readonly warmupSteps: number;
  /** @default 0.998 */
  readonly averageDecay: number;
  /** Gradients longer than this many times their usual length are shortened to it. @default 3 */
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
  clipRatio: 3,
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
  for (const sum of session.sums) sum.fill(0);
  let loss = 0;
  for (const sample of samples) loss += (await session.addGradients(sample)) / samples.length;
  for (const sum of session.sums) for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) / samples.length;

  state.step++;
  const { step, usualLength } = state;
  const usual = usualLength[0] || Number.POSITIVE_INFINITY;
  const length = clipInto(session.sums, options.clipRatio * usual);
  usualLength[0] =
    usual === Number.POSITIVE_INFINITY ? length : 0.95 * usual + 0.05 * Math.min(length, options.clipRatio * usual);
  const learningRate = learningRateAt(step, options);
  for (const [index, weight] of state.weights.entries()) {
    const [gradient, average] = [session.sums[index], state.averages[index]];
    if (gradient !== undefined) adamStepInto(weight, gradient, { learningRate, step });
    if (average !== undefined) followInto(average, weight.values, { decay: options.averageDecay, step });
  }
  return { loss, row: await addRow({ plan, options, state }, { loss, length, learningRate }) };
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

async function startOrResume({ training, fingerprint }: TrainingPlan, file: string): Promise<TrainState> {
  const weights = training.weights.map(adamWeight);
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
