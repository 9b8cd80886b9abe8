import { InferenceSession, Tensor } from 'onnxruntime-node';
import { encodeModel } from '../onnx/codec.ts';
import { elementCount } from '../onnx/tensor.ts';
import { TrainError } from './errors.ts';
import type { GraphInput, TrainingGraph } from './training-graph.ts';

/** The values of a training graph's inputs beside its weights, by name. */
export type Sample = Readonly<Record<string, Float32Array>>;

/** A training graph loaded into onnxruntime. Weights, gradients and the loss live in arrays that are used again each run. */
export interface GradientSession {
  /** Runs forward and backward once. @returns The loss. */
  readonly run: (sample: Sample) => Promise<number>;
  /** The gradients of the last run, in the order of the graph's weights; the caller may change them. */
  readonly gradients: readonly Float32Array[];
  readonly close: () => Promise<void>;
}

/**
 * Opens a training graph.
 *
 * @param values The weights, in the graph's order, which the session reads anew each run and never writes.
 */
export async function openGradientSession(
  training: TrainingGraph,
  values: readonly Float32Array[],
  { threads = 1 }: { threads?: number } = {},
): Promise<GradientSession> {
  const session = await InferenceSession.create(encodeModel(training.graph), {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    enableMemPattern: false,
    logSeverityLevel: 3,
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  });
  const weights = training.weights.map((weight, index) => [weight.name, tensor(weight, values[index])] as const);
  const gradients = training.weights.map((weight) => new Float32Array(elementCount(weight.dims)));
  const loss = new Float32Array(1);
  const fetches = Object.fromEntries([
    [training.loss, new Tensor('float32', loss, [])] as const,
    ...training.weights.map(
      ({ gradient, dims }, index) => [gradient, tensor({ name: gradient, dims }, gradients[index])] as const,
    ),
  ]);
  const inputs = [training.photo, training.target, training.emphasis, ...training.features].filter(
    (i) => i !== undefined,
  );

  return {
    gradients,
    run: async (sample) => {
      const given = inputs.map((input) => [input.name, tensor(input, sample[input.name])] as const);
      await session.run(Object.fromEntries([...given, ...weights]), fetches);
      const value = loss[0] ?? Number.NaN;
      if (!Number.isFinite(value)) {
        throw new TrainError('diverged', `Expected a finite loss, got ${value}: lower the learning rate and resume`);
      }
      return value;
    },
    close: () => session.release(),
  };
}

function tensor({ name, dims }: GraphInput, data: Float32Array | undefined): Tensor {
  if (data?.length !== elementCount(dims)) {
    throw new TrainError('bad_options', `Expected values [${dims}] for ${name}, got ${data?.length ?? 'none'}`);
  }
  return new Tensor('float32', data, dims);
}
