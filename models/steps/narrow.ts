import { principalAxes } from '../math/principal-axes.ts';
import { attributes } from '../onnx/attributes.ts';
import { type Graph, type GraphNode, requiredOutput } from '../onnx/graph.ts';
import { float32Tensor, type Tensor } from '../onnx/tensor.ts';
import type { SampledConv } from './sampled-convs.ts';

/** A convolution that was fitted to what it should give. */
export interface FittedConv {
  /** `[outputs, taps]` in the dims of its weights. */
  readonly weight: Tensor;
  readonly bias: Float32Array;
  /** Mean of each output, `[outputs]`. */
  readonly mean: Float32Array;
  /** `[outputs, outputs]`, of what it gives. */
  readonly covariance: Float64Array;
}

/**
 * Puts two convolutions in the place of one: the first gives the outputs along the principal axes that matter most, each with
 * mean 0 and variance 1, and the second, 1 x 1, turns them back. For the filters of a least-squares fit this is the best of all
 * layers of that rank (reduced-rank regression, Izenman 1975; for networks Zhang et al. 2015).
 */
export function withNarrowConv(graph: Graph, conv: SampledConv, fitted: FittedConv, rank: number): Graph {
  const { node, output, weight, taps, outputs } = conv;
  const { variances, axes } = principalAxes(fitted.covariance, outputs);
  const deviations = Float64Array.from(variances.subarray(0, rank), (variance) => Math.sqrt(variance) || 1);
  const filters = fitted.weight.data as Float32Array;
  const first = new Float32Array(rank * taps);
  const firstBias = new Float32Array(rank);
  const second = new Float32Array(outputs * rank);
  for (let k = 0; k < rank; k++) {
    const row = new Float64Array(taps);
    const deviation = deviations[k] ?? 1;
    let bias = 0;
    for (let o = 0; o < outputs; o++) {
      const share = axes[k * outputs + o] ?? 0;
      for (let tap = 0; tap < taps; tap++) row[tap] = (row[tap] ?? 0) + share * (filters[o * taps + tap] ?? 0);
      bias += share * ((fitted.bias[o] ?? 0) - (fitted.mean[o] ?? 0));
      second[o * rank + k] = share * deviation;
    }
    first.set(
      row.map((value) => value / deviation),
      k * taps,
    );
    firstBias[k] = bias / deviation;
  }
  const names = {
    first: `${weight}.narrow`,
    firstBias: `${weight}.narrow.bias`,
    second: `${weight}.wide`,
    secondBias: `${weight}.wide.bias`,
  };
  const constants = new Map(graph.constants)
    .set(names.first, float32Tensor([rank, ...fitted.weight.dims.slice(1)], first))
    .set(names.firstBias, float32Tensor([rank], firstBias))
    .set(names.second, float32Tensor([outputs, rank, 1, 1], second))
    .set(names.secondBias, float32Tensor([outputs], fitted.mean));
  constants.delete(weight);
  if (conv.bias !== undefined) constants.delete(conv.bias);
  const narrowed = `${output}.narrow`;
  const pair: GraphNode[] = [
    { ...node, name: `${node.name}.narrow`, inputs: [conv.input, names.first, names.firstBias], outputs: [narrowed] },
    {
      name: node.name,
      op: 'Conv',
      inputs: [narrowed, names.second, names.secondBias],
      outputs: [output],
      attributes: attributes({ kernel_shape: [1, 1] }),
    },
  ];
  return {
    ...graph,
    constants,
    nodes: graph.nodes.flatMap((other) => (requiredOutput(other) === output ? pair : [other])),
  };
}
