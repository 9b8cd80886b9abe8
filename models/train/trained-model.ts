import type { Graph } from '../onnx/graph.ts';
import type { Tensor } from '../onnx/tensor.ts';
import type { GraphInput } from './training-graph.ts';

/** The model with its trained weights put in. */
export function withWeights(model: Graph, weights: ReadonlyMap<string, Float32Array>): Graph {
  const constants = new Map<string, Tensor>(model.constants);
  for (const [name, data] of weights) {
    const tensor = constants.get(name);
    if (tensor?.type === 'float32') constants.set(name, { ...tensor, data: Float32Array.from(data) });
  }
  return { ...model, constants };
}

/** The model with those weights as inputs, to be run with others each time. */
export function withWeightInputs(model: Graph, weights: readonly GraphInput[]): Graph {
  const names = new Set(weights.map(({ name }) => name));
  return {
    ...model,
    inputs: [...model.inputs, ...weights.map(({ name, dims }) => ({ name, dims, type: 'float32' as const }))],
    constants: new Map([...model.constants].filter(([name]) => !names.has(name))),
  };
}
