import { attributes } from '../onnx/attributes.ts';
import { OnnxError } from '../onnx/errors.ts';
import { describe, type Graph, type GraphNode, requiredInput, requiredOutput, withoutUnused } from '../onnx/graph.ts';
import { withOutputShapes } from '../onnx/resize-input.ts';
import { float32Tensor, floatsOf, type Tensor } from '../onnx/tensor.ts';
import type { ActivationRange } from './activation-ranges.ts';
import type { QuantizationPlan } from './quantization-plan.ts';
import { type FloatConv, quantizeWeights } from './quantized-weights.ts';
import type { Packing } from './round-for-packing.ts';

/** Levels of an activation: `value = scale * (level - zero)`, level 0..255. */
interface Levels {
  readonly scale: number;
  readonly zero: number;
}

/** What is known of a value. */
export interface SeenValue {
  readonly range: ActivationRange;
  /** Of each channel, `[C]`. */
  readonly means: Float32Array;
}

const NOTHING_SEEN: SeenValue = { range: { low: 0, high: 0 }, means: new Float32Array() };

/** Scales by output channel came with this version of the operator set; the operators of the family mean the same from 11 on. */
const PER_CHANNEL_OPSET = 13;

/**
 * Writes a network in which rounding and its undoing stand around every int8 node (QDQ), which is the form that onnxruntime turns
 * into 8-bit arithmetic on every processor: activations unsigned, filters signed.
 *
 * @param seen Of every value of the plan. @param packing Filters that are rounded already, by name. @throws {OnnxError} when the network is older than opset 11.
 */
export function writeQuantized(
  { graph, nodes, values, sameAs, beforeSigmoid }: QuantizationPlan,
  seen: ReadonlyMap<string, SeenValue>,
  packing?: Packing,
): Graph {
  const constants = new Map<string, Tensor>(graph.constants);
  const levels = new Map<string, Levels>();
  const seenOf = (value: string): SeenValue => seen.get(value) ?? NOTHING_SEEN;
  for (const value of values) {
    const source = levels.get(sameAs.get(value) ?? '');
    const { range } = seenOf(value);
    levels.set(value, source ?? levelsOf(beforeSigmoid.has(value) ? nearZero(range) : range));
  }
  const isQuantized = new Set(values);
  const written: GraphNode[] = [];
  const made = graph.inputs.map(({ name }) => name).filter((name) => isQuantized.has(name));
  for (const value of made) written.push(...roundedValue(value, levels, constants));
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((input) => (isQuantized.has(input) ? undone(input) : input));
    if (nodes.has(node) && node.op === 'Conv') {
      const input = requiredInput(node, 0);
      const read = { scale: levels.get(input)?.scale ?? 1, means: seenOf(input).means };
      const { before, conv } = quantizedConv(
        { ...node, inputs },
        { ...read, rounded: packing?.get(requiredInput(node, 1)) },
        constants,
      );
      written.push(...before, conv);
    } else {
      written.push({ ...node, inputs });
    }
    if (isQuantized.has(requiredOutput(node))) written.push(...roundedValue(requiredOutput(node), levels, constants));
  }
  // Without what the file said of its opset, which is another one now.
  const { wire: _, ...rest } = graph;
  return withOutputShapes(withoutUnused({ ...rest, nodes: written, constants, opset: raisedOpset(graph), hints: [] }));
}

const undone = (value: string): string => `${value}.undone`;

/** What a Sigmoid is given needs no larger range: of -9 it makes .0001. The smaller the range, the finer a soft edge's steps. */
const FARTHEST_LOGIT = 9;

function nearZero({ low, high }: ActivationRange): ActivationRange {
  return { low: Math.max(low, -FARTHEST_LOGIT), high: Math.min(high, FARTHEST_LOGIT) };
}

function levelsOf({ low, high }: ActivationRange): Levels {
  const scale = Math.fround(Math.max(high - low, 1e-6) / 255);
  return { scale, zero: Math.min(255, Math.max(0, Math.round(-low / scale))) };
}

/** The two nodes that round a value to its levels and back. */
function roundedValue(value: string, levels: ReadonlyMap<string, Levels>, constants: Map<string, Tensor>): GraphNode[] {
  const { scale, zero } = levels.get(value) ?? { scale: 1, zero: 0 };
  const names = [`${value}.scale`, `${value}.zero`] as const;
  constants.set(names[0], float32Tensor([], Float32Array.of(scale)));
  constants.set(names[1], { type: 'uint8', dims: [], data: Uint8Array.of(zero) });
  const rounded = `${value}.rounded`;
  return [
    { name: rounded, op: 'QuantizeLinear', inputs: [value, ...names], outputs: [rounded], attributes: new Map() },
    dequantized(undone(value), [rounded, ...names]),
  ];
}

function dequantized(name: string, inputs: readonly string[], axis?: number): GraphNode {
  const fields = axis === undefined ? {} : { axis };
  return { name, op: 'DequantizeLinear', inputs, outputs: [name], attributes: attributes(fields) };
}

/** A convolution whose filters and biases are read from whole numbers. */
function quantizedConv(
  node: GraphNode,
  input: Pick<FloatConv, 'rounded'> & { readonly scale: number; readonly means: Float32Array },
  constants: Map<string, Tensor>,
): { before: GraphNode[]; conv: GraphNode } {
  const weightName = requiredInput(node, 1);
  const weight = constants.get(weightName);
  if (weight?.type !== 'float32') {
    throw new OnnxError('unsupported_type', `Expected float32 filters for ${describe(node)}, got ${weight?.type}`);
  }
  const biasTensor = constants.get(node.inputs[2] ?? '');
  const outputs = weight.dims[0] ?? 0;
  const bias = biasTensor === undefined ? new Float32Array(outputs) : floatsOf(biasTensor, describe(node));
  const { scale: inputScale, means: inputMeans, rounded } = input;
  const whole = quantizeWeights({ weight, bias, inputScale, inputMeans, rounded });
  const base = requiredOutput(node);
  const constant = (part: string, tensor: Tensor): string => {
    constants.set(`${base}.int8.${part}`, tensor);
    return `${base}.int8.${part}`;
  };
  const perChannel = (data: Float32Array): Tensor => float32Tensor([outputs], data);
  const weightParts = [
    constant('filter.levels', whole.weight),
    constant('filter.scale', perChannel(whole.weightScale)),
    constant('filter.zero', { type: 'int8', dims: [outputs], data: new Int8Array(outputs) }),
  ];
  const biasParts = [
    constant('bias.levels', { type: 'int32', dims: [outputs], data: whole.bias }),
    constant('bias.scale', perChannel(whole.biasScale)),
  ];
  const names = [`${base}.int8.filter`, `${base}.int8.bias`] as const;
  return {
    before: [dequantized(names[0], weightParts, 0), dequantized(names[1], biasParts, 0)],
    conv: { ...node, inputs: [node.inputs[0] ?? '', ...names] },
  };
}

function raisedOpset({ opset }: Graph): number {
  if (opset < 11) {
    throw new OnnxError('unsupported_opset', `Expected opset 11 or later for a network to quantize, got ${opset}`);
  }
  return Math.max(opset, PER_CHANNEL_OPSET);
}
