import { OnnxError } from './errors.ts';
import { describe, type Graph, type GraphNode, inRunningOrder } from './graph.ts';
import { VALUE_RULES } from './known-values.ts';
import { type Dims, SHAPE_RULES } from './shape-rules.ts';
import { int64Tensor, type Tensor } from './tensor.ts';

/** What can be said of a graph's values before it runs. */
export interface Inference {
  /** Shape of every value, inputs and constants included. */
  readonly shapes: ReadonlyMap<string, Dims>;
  /** Values that do not depend on the photo, the graph's constants included. */
  readonly known: ReadonlyMap<string, Tensor>;
}

/**
 * Infers every value's shape, and the values that follow from shapes and constants alone. A batch of any size is taken for one photo.
 *
 * @throws {OnnxError} `unsupported_operator` with its name and node, `bad_shape` where shapes don't fit or an input's size is open.
 */
export function inferShapes(graph: Graph): Inference {
  const known = new Map<string, Tensor>(graph.constants);
  const shapes = new Map<string, Dims>();
  for (const [name, tensor] of graph.constants) shapes.set(name, tensor.dims);
  for (const { name, dims } of graph.inputs) {
    const one = dims?.map((dim, axis) => (axis === 0 && typeof dim === 'string' ? 1 : dim));
    if (one === undefined || !one.every((dim) => typeof dim === 'number')) {
      throw new OnnxError(
        'bad_shape',
        `Expected a fixed size for input ${name}, got [${dims ?? 'none'}]: say which to use`,
      );
    }
    shapes.set(name, one);
  }

  for (const node of inRunningOrder(graph).nodes) {
    const value = knownValue(node, known, shapes);
    const outputs = value === undefined ? shapesOf(node, known, shapes) : [value.dims];
    node.outputs.forEach((output, index) => {
      const dims = outputs[index];
      if (output !== '' && dims !== undefined) shapes.set(output, dims);
      if (value !== undefined && index === 0) known.set(output, value);
    });
  }
  return { shapes, known };
}

/** The shape of a value. @throws {OnnxError} when there is no such value. */
export function shapeOf({ shapes }: Inference, name: string): Dims {
  const dims = shapes.get(name);
  if (dims === undefined) throw new OnnxError('bad_graph', `Expected a shape for ${name}, got none`);
  return dims;
}

function knownValue(
  node: GraphNode,
  known: ReadonlyMap<string, Tensor>,
  shapes: ReadonlyMap<string, Dims>,
): Tensor | undefined {
  if (node.op === 'Shape' && node.attributes.size === 0) {
    const dims = shapes.get(node.inputs[0] ?? '');
    return dims === undefined ? undefined : int64Tensor(dims);
  }
  const rule = VALUE_RULES[node.op];
  if (rule === undefined || node.outputs.length !== 1) return undefined;
  if (!node.inputs.every((input) => input === '' || known.has(input))) return undefined;
  return rule(
    node,
    node.inputs.map((input) => known.get(input)),
  );
}

function shapesOf(
  node: GraphNode,
  known: ReadonlyMap<string, Tensor>,
  shapes: ReadonlyMap<string, Dims>,
): readonly Dims[] {
  const rule = SHAPE_RULES[node.op];
  if (rule === undefined) {
    throw new OnnxError(
      'unsupported_operator',
      `Expected an operator of the U2-Net family, got ${describe(node)}: this workshop has no rule for ${node.op}`,
    );
  }
  return rule({
    node,
    known: (index) => known.get(node.inputs[index] ?? ''),
    shape: (index) => {
      const dims = shapes.get(node.inputs[index] ?? '');
      if (dims === undefined)
        throw new OnnxError('bad_graph', `Expected an input ${index} for ${describe(node)}, got none`);
      return dims;
    },
  });
}
