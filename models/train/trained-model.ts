import type { Graph } from '../onnx/graph.ts';
import type { Tensor } from '../onnx/tensor.ts';

/** The model with its trained weights put in. */
export function withWeights(model: Graph, weights: ReadonlyMap<string, Float32Array>): Graph {
  const constants = new Map<string, Tensor>(model.constants);
  for (const [name, data] of weights) {
    const tensor = constants.get(name);
    if (tensor?.type === 'float32') constants.set(name, { ...tensor, data: Float32Array.from(data) });
  }
  return { ...model, constants };
}
