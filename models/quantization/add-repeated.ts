import { attributes, intAttribute } from '../onnx/attributes.ts';
import {
  consumers,
  type Graph,
  type GraphNode,
  producers,
  requiredInput,
  requiredOutput,
  withoutUnused,
} from '../onnx/graph.ts';
import { elementCount, float32Tensor, floatsOf, type Tensor } from '../onnx/tensor.ts';

/**
 * Adds up values that a 1 x 1 convolution reads side by side with the same filters, as layers computed before enlarging are put
 * together: it then reads half as much or less. In float32 nothing changes but the order of the sum.
 */
export function addRepeated(graph: Graph): Graph {
  const [makers, readers] = [producers(graph), consumers(graph)];
  const constants = new Map(graph.constants);
  const nodes = graph.nodes.flatMap((node) => {
    const value = requiredInput(node, 0);
    const join = makers.get(value);
    if (node.op !== 'Conv' || join?.op !== 'Concat' || readers.get(value)?.length !== 1) return [node];
    const weight = requiredInput(node, 1);
    const filters = oneOfRepeated(graph.constants.get(weight), join.inputs.length, weight);
    if (filters === undefined || intAttribute(node, 'group', 1) !== 1) return [node];
    constants.set(`${weight}.once`, filters);
    const sums = sumOf(join.inputs, value);
    const sum = sums.at(-1);
    if (sum === undefined) return [node];
    return [...sums, { ...node, inputs: [requiredOutput(sum), `${weight}.once`, ...node.inputs.slice(2)] }];
  });
  return withoutUnused({ ...graph, nodes, constants });
}

/** Filters `[O, count x C, 1, 1]` that repeat themselves, once; undefined where they don't. */
function oneOfRepeated(tensor: Tensor | undefined, count: number, name: string): Tensor | undefined {
  if (tensor?.type !== 'float32' || elementCount(tensor.dims.slice(2)) !== 1) return undefined;
  const [outputs = 0, inputs = 0] = tensor.dims;
  const data = floatsOf(tensor, name);
  const once = inputs / count;
  const isRepeated =
    Number.isInteger(once) &&
    data.every((value, at) => {
      const column = at % inputs;
      return value === data[at - column + (column % once)];
    });
  if (!isRepeated) return undefined;
  return float32Tensor(
    [outputs, once, 1, 1],
    data.filter((_, at) => at % inputs < once),
  );
}

function sumOf([first = '', ...others]: readonly string[], name: string): GraphNode[] {
  let sum = first;
  return others.map((other, index) => {
    const inputs = [sum, other];
    sum = `${name}.sum${index === 0 ? '' : `.${index}`}`;
    return { name: sum, op: 'Add', inputs, outputs: [sum], attributes: attributes({}) };
  });
}
