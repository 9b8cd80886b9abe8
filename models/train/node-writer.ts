import { type AttributeValue, attributes } from '../onnx/attributes.ts';
import type { GraphNode } from '../onnx/graph.ts';
import { float32Tensor, int64Tensor, type Tensor } from '../onnx/tensor.ts';

/** What a training graph is written in: Resize, Pad, Clip, Split and ReduceSum take their parameters as inputs. */
export const TRAINING_OPSET = 17;

/** Writes nodes and constants behind a network. Every method returns the name of the value it makes. */
export interface NodeWriter {
  readonly nodes: readonly GraphNode[];
  readonly constants: ReadonlyMap<string, Tensor>;
  /** Adds a node with one output. An input of '' is left out. */
  readonly op: (
    type: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, AttributeValue>>,
  ) => string;
  /** Adds a node with several outputs. */
  readonly split: (
    type: string,
    inputs: readonly string[],
    options: { count: number; attributes: Readonly<Record<string, AttributeValue>> },
  ) => string[];
  /** A vector of integers: a shape, axes, pads. The same integers are one constant. */
  readonly integers: (values: readonly number[]) => string;
  /** A scalar. The same number is one constant. */
  readonly scalar: (value: number) => string;
  /** A constant that is made once a key. */
  readonly floats: (key: string, make: () => { dims: readonly number[]; data: Float32Array }) => string;
}

/** Starts writing. `prefix` keeps the new values apart from the network's own. */
export function nodeWriter(prefix: string): NodeWriter {
  const nodes: GraphNode[] = [];
  const constants = new Map<string, Tensor>();
  const once = (name: string, make: () => Tensor): string => {
    if (!constants.has(name)) constants.set(name, make());
    return name;
  };
  const split: NodeWriter['split'] = (type, inputs, { count, attributes: values }) => {
    const name = `${prefix}.${nodes.length}`;
    const outputs = count === 1 ? [name] : Array.from({ length: count }, (_, index) => `${name}.${index}`);
    nodes.push({ name, op: type, inputs, outputs, attributes: attributes(values) });
    return outputs;
  };
  return {
    nodes,
    constants,
    split,
    op: (type, inputs, values = {}) => split(type, inputs, { count: 1, attributes: values })[0] ?? '',
    integers: (values) => once(`${prefix}.integers.${values.join('_')}`, () => int64Tensor(values)),
    scalar: (value) => once(`${prefix}.scalar.${value}`, () => float32Tensor([], Float32Array.of(value))),
    floats: (key, make) =>
      once(`${prefix}.floats.${key}`, () => {
        const { dims, data } = make();
        return float32Tensor(dims, data);
      }),
  };
}
