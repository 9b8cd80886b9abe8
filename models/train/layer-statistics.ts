import { float32Result, withNetwork } from '../network.ts';
import { attributes } from '../onnx/attributes.ts';
import { type Graph, type GraphNode, onlyInput, requiredInput, requiredOutput } from '../onnx/graph.ts';
import { elementCount } from '../onnx/tensor.ts';
import type { TrainedWeight } from './training-graph.ts';

/** What a convolution reads and makes before training, over some photos. */
export interface LayerStatistics {
  readonly bias: string | undefined;
  /** Of each input channel, `[I]`. */
  readonly inputMeans: Float32Array;
  readonly inputDeviations: Float32Array;
  /** Of each output channel before any Relu, `[O]`. */
  readonly outputDeviations: Float32Array;
}

/** By the name of the convolution's filters. */
export type Statistics = ReadonlyMap<string, LayerStatistics>;

/** A channel that hardly moves counts as if it moved by this share of what the layer's channels do. */
const SMALLEST_SHARE = 0.1;

/** Runs a network on inputs `[1, 3, H, W]` and measures every convolution. Cost: a run an input. */
export async function observeLayers(
  model: Graph,
  inputs: readonly Float32Array[],
  { threads = 1 }: { threads?: number } = {},
): Promise<Statistics> {
  const convs = model.nodes.filter(({ op }) => op === 'Conv');
  const values = [...new Set(convs.flatMap((conv) => [requiredInput(conv, 0), requiredOutput(conv)]))];
  const { name, dims = [] } = onlyInput(model);
  const sums = new Map(values.map((value) => [value, { means: [] as number[], squares: [] as number[] }]));
  await withNetwork(
    withMoments(model, values),
    async (network) => {
      for (const data of inputs) {
        const results = await network.run({ [name]: { data, dims: dims.map(Number) } });
        for (const [value, { means, squares }] of sums) {
          addInto(means, float32Result(results, `${value}.mean`));
          addInto(squares, float32Result(results, `${value}.square`));
        }
      }
    },
    { threads },
  );
  const meansOf = (value: string): Float32Array =>
    Float32Array.from(sums.get(value)?.means ?? [], (sum) => sum / inputs.length);
  const deviationsOf = (value: string): Float32Array => {
    const squares = sums.get(value)?.squares ?? [];
    return raised(
      meansOf(value).map((mean, i) => Math.sqrt(Math.max(0, (squares[i] ?? 0) / inputs.length - mean ** 2))),
    );
  };
  return new Map(
    convs.map((conv) => [
      requiredInput(conv, 1),
      {
        bias: conv.inputs[2],
        inputMeans: meansOf(requiredInput(conv, 0)),
        inputDeviations: deviationsOf(requiredInput(conv, 0)),
        outputDeviations: deviationsOf(requiredOutput(conv)),
      },
    ]),
  );
}

/**
 * How far a rate of 1 moves each weight: so far that, if a layer's weights moved independently, each of its outputs would move by
 * one standard deviation. Weights that cancel each other, as those of a layer fitted by least squares do, are many times larger than
 * what they make; steps in proportion to their own size wreck such a layer within thirty.
 *
 * @returns By the weight's name; weights of no measured layer are left out.
 */
export function stepSizes(weights: readonly TrainedWeight[], statistics: Statistics): Map<string, Float32Array> {
  const byBias = new Map([...statistics.values()].map((layer) => [layer.bias, layer]));
  const sizes = new Map<string, Float32Array>();
  for (const { name, dims } of weights) {
    const layer = statistics.get(name);
    const ofBias = byBias.get(name);
    if (layer !== undefined) sizes.set(name, filterSteps(dims, layer));
    else if (ofBias !== undefined) sizes.set(name, Float32Array.from(ofBias.outputDeviations));
  }
  return sizes;
}

function filterSteps(
  dims: TrainedWeight['dims'],
  { inputDeviations, outputDeviations }: LayerStatistics,
): Float32Array {
  const [outputs = 1, inputs = 1, ...kernel] = dims;
  const taps = elementCount(kernel);
  const perOutput = inputs * taps;
  return Float32Array.from(
    { length: outputs * perOutput },
    (_, i) =>
      (outputDeviations[Math.floor(i / perOutput)] ?? 0) /
      ((inputDeviations[Math.floor((i % perOutput) / taps)] ?? 1) * Math.sqrt(perOutput)),
  );
}

function raised(deviations: Float32Array): Float32Array {
  const mean = deviations.reduce((sum, value) => sum + value, 0) / Math.max(1, deviations.length);
  return deviations.map((value) => Math.max(value, SMALLEST_SHARE * mean, 1e-6));
}

function addInto(sums: number[], values: Float32Array): void {
  for (const [i, value] of values.entries()) sums[i] = (sums[i] ?? 0) + value;
}

/** Gives, in place of the network's own output, the mean and the mean square of each channel of each value. */
function withMoments(graph: Graph, values: readonly string[]): Graph {
  const nodes: GraphNode[] = [];
  const add = (op: string, inputs: string[], output: string, fields: Parameters<typeof attributes>[0]): void => {
    nodes.push({ name: output, op, inputs, outputs: [output], attributes: attributes(fields) });
  };
  for (const value of values) {
    add('ReduceMean', [value], `${value}.mean`, { axes: [0, 2, 3], keepdims: 0 });
    add('Mul', [value, value], `${value}.squared`, {});
    add('ReduceMean', [`${value}.squared`], `${value}.square`, { axes: [0, 2, 3], keepdims: 0 });
  }
  const outputs = values.flatMap((value) => [`${value}.mean`, `${value}.square`]);
  return {
    ...graph,
    nodes: [...graph.nodes, ...nodes],
    outputs: outputs.map((name) => ({ name, type: 'float32', dims: undefined })),
    hints: [],
  };
}
