import { float32Result, type Network, withNetwork } from '../network.ts';
import { attributes } from '../onnx/attributes.ts';
import { type Graph, type GraphNode, onlyInput, requiredOutput } from '../onnx/graph.ts';
import { inferShapes, shapeOf } from '../onnx/infer-shapes.ts';
import { float32Tensor, int64Tensor, type Tensor } from '../onnx/tensor.ts';
import { type InputForm, readInput } from '../photos.ts';
import { narrowAxes } from './narrow.ts';

/** How a layer's outputs vary in the dense network. */
export interface LayerSpread {
  readonly output: string;
  /** Which of the layer's channels these outputs are. */
  readonly kept: readonly number[];
  /** `[outputs]`. */
  readonly mean: Float64Array;
  /** `[outputs, outputs]`. */
  readonly covariance: Float64Array;
  /** What a deviation of each output counts, `[outputs]`. */
  readonly worth: Float64Array;
  /** Variances along the principal axes of what counts, the largest first. */
  readonly variances: Float64Array;
}

/** Share of a layer's variance that is left out to see what the mask makes of it: about what layers lose that become narrow. */
const LEFT_OUT = 0.03;

/** The added input: how much of what each layer would lose is taken from it, 0 or 1. */
const TAKEN = 'left.out';

/**
 * Measures how much a network's mask changes when a layer's outputs are left along their first principal axes: mean squared
 * change for the share of variance that is left out, one layer at a time, nothing repaired. In U2-Net it differs a
 * thousandfold, being least for the innermost layers of its blocks.
 *
 * Cost: a run a layer and photo, a tenth dearer than the network's own.
 *
 * @param layers Each with two outputs or more. @returns By output; 0 where a layer always gives the same.
 */
export async function maskSensitivities(
  dense: Graph,
  layers: readonly LayerSpread[],
  {
    photos,
    form,
    onStep = () => {},
  }: { photos: readonly string[]; form: InputForm; onStep?: (step: string, detail: string) => void },
): Promise<Map<string, number>> {
  const losses = layers.map(lossOf);
  const sums = losses.map(() => 0);
  const photo = onlyInput(dense).name;
  await withNetwork(withLosses(dense, losses), async (network) => {
    for (const [done, file] of photos.entries()) {
      const data = await readInput(file, form);
      const maskWithout = async (layer?: number): Promise<Float32Array> => {
        const taken = Float32Array.from(losses, (_, index) => (index === layer ? 1 : 0));
        return maskOf(network, dense, {
          [photo]: { data, dims: [1, 3, form.height, form.width] },
          [TAKEN]: { data: taken, dims: [taken.length] },
        });
      };
      const whole = await maskWithout();
      for (const index of losses.keys()) {
        sums[index] = (sums[index] ?? 0) + meanSquare(whole, await maskWithout(index)) / photos.length;
      }
      onStep('weigh', `photo ${done + 1} of ${photos.length}`);
    }
  });
  return new Map(losses.map(({ output, share }, index) => [output, share > 0 ? (sums[index] ?? 0) / share : 0]));
}

/** What leaving out some of a layer's axes takes from its output: `filters y + bias`, 1 x 1. */
interface Loss {
  readonly output: string;
  /** Of its variance, 0..1. */
  readonly share: number;
  /** `[channels, channels]` over the outputs that are kept. */
  readonly filters: Float64Array;
  readonly bias: Float64Array;
  readonly kept: readonly number[];
}

function lossOf({ output, kept, mean, covariance, worth, variances }: LayerSpread): Loss {
  const outputs = worth.length;
  const all = variances.reduce((sum, variance) => sum + variance, 0);
  let [rank, left] = [0, all];
  while (rank < outputs - 1 && left > LEFT_OUT * all) left -= variances[rank++] ?? 0;
  const { to, back } = narrowAxes(covariance, { rank, worth });
  const filters = new Float64Array(outputs * outputs);
  for (let i = 0; i < outputs; i++) {
    for (let j = 0; j < outputs; j++) {
      let through = i === j ? -1 : 0;
      for (let axis = 0; axis < rank; axis++) {
        through += (back[axis * outputs + i] ?? 0) * (to[axis * outputs + j] ?? 0);
      }
      filters[i * outputs + j] = through;
    }
  }
  const bias = mean.map((_, i) => -mean.reduce((sum, value, j) => sum + (filters[i * outputs + j] ?? 0) * value, 0));
  return { output, share: all > 0 ? Math.max(0, left) / all : 0, filters, bias, kept };
}

/** Adds to each layer's output what it would lose, times its part of the added input. */
function withLosses(graph: Graph, losses: readonly Loss[]): Graph {
  const inference = inferShapes(graph);
  const constants = new Map<string, Tensor>(graph.constants);
  const places = new Map(losses.map((loss, index) => [loss.output, { loss, index }]));
  const node = (op: string, inputs: string[], output: string, fields = {}): GraphNode => {
    return { name: output, op, inputs, outputs: [output], attributes: attributes(fields) };
  };
  const nodes = graph.nodes.flatMap((made) => {
    const output = requiredOutput(made);
    const place = places.get(output);
    if (place === undefined) return [made];
    const [, channels = 1] = shapeOf(inference, output);
    const [whole, loss, share] = [`${output}.whole`, `${output}.loss`, `${output}.share`];
    const { filters, bias } = spreadOver(channels, place.loss);
    constants.set(`${loss}.filters`, float32Tensor([channels, channels, 1, 1], filters));
    constants.set(`${loss}.bias`, float32Tensor([channels], bias));
    constants.set(`${share}.index`, int64Tensor([place.index]));
    return [
      { ...made, outputs: [whole] },
      node('Conv', [whole, `${loss}.filters`, `${loss}.bias`], loss, { kernel_shape: [1, 1] }),
      node('Gather', [TAKEN, `${share}.index`], share, { axis: 0 }),
      node('Mul', [loss, share], `${loss}.taken`),
      { ...node('Add', [whole, `${loss}.taken`], output), name: `${output}.left` },
    ];
  });
  const taken = { name: TAKEN, type: 'float32', dims: [losses.length] } as const;
  return { ...graph, nodes, constants, inputs: [...graph.inputs, taken], hints: [] };
}

/** The loss with zeros for the channels that are cut. */
function spreadOver(channels: number, { filters, bias, kept }: Loss): { filters: Float32Array; bias: Float32Array } {
  const spread = { filters: new Float32Array(channels * channels), bias: new Float32Array(channels) };
  for (const [i, to] of kept.entries()) {
    spread.bias[to] = bias[i] ?? 0;
    for (const [j, from] of kept.entries()) spread.filters[to * channels + from] = filters[i * kept.length + j] ?? 0;
  }
  return spread;
}

async function maskOf(
  network: Network,
  { outputs }: Graph,
  feeds: Parameters<Network['run']>[0],
): Promise<Float32Array> {
  const mask = outputs[0]?.name ?? '';
  return float32Result(await network.run(feeds, [mask]), mask);
}

function meanSquare(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + (value - (b[i] ?? 0)) ** 2, 0) / a.length;
}
