import { type Graph, type GraphNode, type GraphValue, inRunningOrder, onlyInput, producers } from '../onnx/graph.ts';
import { inferShapes, shapeOf } from '../onnx/infer-shapes.ts';
import type { Dims } from '../onnx/shape-rules.ts';
import { floatsOf, type Tensor } from '../onnx/tensor.ts';
import { writeBackward } from './backward.ts';
import { TrainError } from './errors.ts';
import { absolute } from './losses/absolute.ts';
import { crossEntropy } from './losses/cross-entropy.ts';
import { feature } from './losses/feature.ts';
import { halfSizeAbsolute, halfSizeCrossEntropy } from './losses/half-size.ts';
import type { LossTerm, MaskLoss } from './losses/loss-term.ts';
import { type NodeWriter, nodeWriter, TRAINING_OPSET } from './node-writer.ts';

const MASK_LOSSES = { crossEntropy, absolute, halfSizeCrossEntropy, halfSizeAbsolute } satisfies Record<
  string,
  MaskLoss
>;
export type MaskLossName = keyof typeof MASK_LOSSES;

/** What a network is trained for. */
export interface Loss {
  /** How much each loss on the mask counts; one that is left out is not computed. */
  readonly mask?: Readonly<Partial<Record<MaskLossName, number>>>;
  /** Values inside the network that should equal a given one, and how much that counts. */
  readonly features?: readonly { readonly value: string; readonly weight: number }[];
}

export interface TrainingGraphOptions {
  /** Whether a weight is trained; the others stay constants, and what lies before the first trained one gets no gradient. @default all are */
  readonly isTrained?: (weight: string) => boolean;
}

/** One graph that computes a loss and the gradient of every trained weight. */
export interface TrainingGraph {
  readonly graph: Graph;
  /** Input: the photo `[N, 3, H, W]`. */
  readonly photo: GraphInput;
  /** Inputs where a loss on the mask is asked for: what the mask should be, and how much each pixel counts (1 on average). */
  readonly target?: GraphInput;
  readonly emphasis?: GraphInput;
  /** Inputs: what each feature should be, in the loss's order. */
  readonly features: readonly GraphInput[];
  /** Inputs: the weights, with the output that is each one's gradient. */
  readonly weights: readonly TrainedWeight[];
  /** Output: the loss, a scalar. */
  readonly loss: string;
}

export interface GraphInput {
  readonly name: string;
  readonly dims: Dims;
}

export interface TrainedWeight extends GraphInput {
  readonly gradient: string;
  /** What the weight is in the model, the start of training. */
  readonly initial: Float32Array;
}

const TARGET = 'train.target';
const EMPHASIS = 'train.emphasis';

/** Name of the input that says what a feature should be. */
export const featureTarget = (value: string): string => `${TARGET}.${value}`;

/**
 * Puts a loss and the whole backward pass behind a network, all of it plain ONNX operators. The trained weights become inputs,
 * so that they can change from run to run without loading the graph again.
 *
 * @param model Simplified, BatchNormalizations folded, opset 11 or later, its input's size fixed.
 * @throws {TrainError} when an operator has no backward rule, or the loss asks for what the network doesn't have.
 */
export function buildTrainingGraph(model: Graph, loss: Loss, options: TrainingGraphOptions = {}): TrainingGraph {
  const forward = trainable(model);
  const inference = inferShapes(forward);
  const dimsOf = (value: string): Dims => shapeOf(inference, value);
  const write = nodeWriter('train');
  const masked = loss.mask === undefined ? [] : maskTerms(write, forward, { losses: loss.mask, dimsOf });
  const features = (loss.features ?? []).map(({ value, weight }) => {
    const target = { name: featureTarget(value), dims: dimsOf(value) };
    return { target, term: feature(write, { value, weight, target: target.name, dims: target.dims }) };
  });
  const terms = [...masked, ...features.map(({ term }) => term)];
  if (terms.length === 0) throw new TrainError('bad_loss', 'Expected at least one term in the loss, got none');

  const weights = new Set(weightNames(forward).filter(options.isTrained ?? (() => true)));
  const seeds = terms.map(({ seed }) => seed);
  const gradients = writeBackward(write, forward, { inference, seeds, wanted: weights });
  const total = write.op(
    'Sum',
    terms.map((term) => term.loss),
  );
  const trained = [...gradients].map(([name, gradient]): TrainedWeight => {
    const tensor = forward.constants.get(name);
    return {
      name,
      gradient,
      dims: dimsOf(name),
      initial: tensor === undefined ? new Float32Array() : floatsOf(tensor, name),
    };
  });
  const photo = { name: onlyInput(forward).name, dims: dimsOf(onlyInput(forward).name) };
  const mask = maskOf(forward);
  const targets =
    masked.length === 0
      ? {}
      : { target: { name: TARGET, dims: dimsOf(mask) }, emphasis: { name: EMPHASIS, dims: dimsOf(mask) } };
  const parts = { photo, ...targets, features: features.map(({ target }) => target), weights: trained, loss: total };
  return { ...parts, graph: assembled(forward, write, parts) };
}

/** Names of the convolutions' filters and biases, in running order. */
export function weightNames(graph: Graph): string[] {
  const names = graph.nodes.flatMap((node) => (node.op === 'Conv' ? node.inputs.slice(1) : []));
  return [...new Set(names)].filter((name) => graph.constants.get(name)?.type === 'float32');
}

/** A network in running order, at the opset that backward passes are written in, with every pooling telling where its maxima were. */
export function trainable(model: Graph): Graph {
  if (model.opset < 11) {
    throw new TrainError('bad_options', `Expected a model of opset 11 or later to train, got opset ${model.opset}`);
  }
  const { name, inputs, outputs, nodes, constants } = inRunningOrder(model);
  const withIndices = (node: GraphNode): GraphNode =>
    node.op === 'MaxPool' ? { ...node, outputs: [node.outputs[0] ?? '', `${node.outputs[0]}.indices`] } : node;
  return { name, opset: TRAINING_OPSET, inputs, outputs, nodes: nodes.map(withIndices), constants, hints: [] };
}

function maskOf(graph: Graph): string {
  return graph.outputs[0]?.name ?? '';
}

function maskTerms(
  write: NodeWriter,
  graph: Graph,
  { losses, dimsOf }: { losses: NonNullable<Loss['mask']>; dimsOf: (value: string) => Dims },
): LossTerm[] {
  const mask = maskOf(graph);
  const maker = producers(graph).get(mask);
  if (maker?.op !== 'Sigmoid') {
    throw new TrainError('bad_loss', `Expected a Sigmoid that makes the mask ${mask}, got ${maker?.op ?? 'no node'}`);
  }
  const values = { mask, logits: maker.inputs[0] ?? '', target: TARGET, emphasis: EMPHASIS, dims: dimsOf(mask) };
  return Object.entries(losses).flatMap(([name, weight]) => {
    const make = Object.entries(MASK_LOSSES).find(([known]) => known === name)?.[1];
    return make === undefined || weight === 0 ? [] : [make(write, values, weight)];
  });
}

function assembled(forward: Graph, write: NodeWriter, parts: Omit<TrainingGraph, 'graph'>): Graph {
  const trained = new Set(parts.weights.map(({ name }) => name));
  const input = ({ name, dims }: GraphInput): GraphValue => ({ name, type: 'float32', dims });
  const inputs = [parts.photo, parts.target, parts.emphasis, ...parts.features, ...parts.weights];
  const outputs = [parts.loss, ...parts.weights.map(({ gradient }) => gradient)];
  return {
    ...forward,
    inputs: inputs.filter((value) => value !== undefined).map(input),
    outputs: outputs.map((name) => ({ name, type: 'float32', dims: undefined })),
    nodes: [...forward.nodes, ...write.nodes],
    constants: new Map<string, Tensor>(
      [...forward.constants, ...write.constants].filter(([name]) => !trained.has(name)),
    ),
  };
}
