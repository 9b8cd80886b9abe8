import { attributes, intAttribute, intsAttribute } from '../onnx/attributes.ts';
import { type Graph, type GraphNode, requiredInput, requiredOutput } from '../onnx/graph.ts';
import { inferShapes, shapeOf } from '../onnx/infer-shapes.ts';
import { padsOf } from '../onnx/shape-rules.ts';
import { elementCount, float32Tensor, floatsOf, type Tensor } from '../onnx/tensor.ts';
import { OUTPUT_LANES } from './fill-lanes.ts';

/** Taps to read, in bytes, from which on a layer in two is faster: 64 channels at 320 x 320 (13 ms become 7), not 16 at 256 x 256. */
const WORTHWHILE_BYTES = 3e7;

/**
 * Computes convolutions that make a mask in two: along the rows, one output for each row of the kernel, then those summed down the columns. An
 * 8-bit convolution costs as much for one output as for sixteen, so that the rows of a 3 x 3 kernel, side by side in those sixteen, take a third. In
 * float32 nothing changes but the order of the sum.
 *
 * @param graph Simplified, BatchNormalizations folded.
 */
export function rowsThenColumns(graph: Graph, { worthwhileBytes = WORTHWHILE_BYTES } = {}): Graph {
  const shapes = inferShapes(graph);
  const constants = new Map(graph.constants);
  const nodes = graph.nodes.flatMap((node) => {
    if (node.op !== 'Conv') return [node];
    const filters = graph.constants.get(requiredInput(node, 1));
    const pixels = elementCount(shapeOf(shapes, requiredOutput(node)).slice(2));
    if (filters?.type !== 'float32' || !fitsInRows(node, filters)) return [node];
    if (pixels * elementCount(filters.dims.slice(1)) < worthwhileBytes) return [node];
    return inTwo(node, filters, { constants, input: shapeOf(shapes, requiredInput(node, 0)).slice(2) });
  });
  return { ...graph, nodes, constants };
}

/** Whether all rows of all filters go side by side into what is computed at once. */
function fitsInRows(node: GraphNode, { dims }: Tensor): boolean {
  const [outputs = 0, , height = 0] = dims;
  const isDense = intAttribute(node, 'group', 1) === 1 && (intsAttribute(node, 'strides') ?? []).every((s) => s === 1);
  return isDense && height > 1 && outputs * height <= OUTPUT_LANES;
}

function inTwo(
  node: GraphNode,
  filters: Tensor,
  { constants, input }: { constants: Map<string, Tensor>; input: readonly number[] },
): GraphNode[] {
  const [outputs = 0, inputs = 0, height = 0, width = 0] = filters.dims;
  const [output, weight] = [requiredOutput(node), requiredInput(node, 1)];
  const [dilationY = 1, dilationX = 1] = intsAttribute(node, 'dilations') ?? [];
  const { before, after } = padsOf(node, input, [height, width]);
  const [top = 0, left = 0] = before;
  const [bottom = 0, right = 0] = after;
  const names = { rows: `${weight}.rows`, columns: `${weight}.columns` };
  constants
    .set(names.rows, float32Tensor([OUTPUT_LANES, inputs, 1, width], rowFilters(filters, weight)))
    .set(`${names.rows}.bias`, float32Tensor([OUTPUT_LANES], new Float32Array(OUTPUT_LANES)))
    .set(names.columns, float32Tensor([outputs, OUTPUT_LANES, height, 1], columnFilters(outputs, height)));
  const layer = (inputs: readonly string[], name: string, values: Parameters<typeof attributes>[0]): GraphNode => {
    return { name: `${node.name}.${name}`, op: 'Conv', inputs, outputs: [output], attributes: attributes(values) };
  };
  const rows = layer([requiredInput(node, 0), names.rows, `${names.rows}.bias`], 'rows', {
    kernel_shape: [1, width],
    dilations: [1, dilationX],
    pads: [0, left, 0, right],
  });
  const columns = layer([`${output}.rows`, names.columns, ...node.inputs.slice(2)], 'columns', {
    kernel_shape: [height, 1],
    dilations: [dilationY, 1],
    pads: [top, 0, bottom, 0],
  });
  return [{ ...rows, outputs: [`${output}.rows`] }, columns];
}

/** `[OUTPUT_LANES, inputs, 1, width]`: each row of each filter as a filter of its own; the rest is zero. */
function rowFilters(filters: Tensor, name: string): Float32Array {
  const [outputs = 0, inputs = 0, height = 0, width = 0] = filters.dims;
  const data = floatsOf(filters, name);
  const rows = new Float32Array(OUTPUT_LANES * inputs * width);
  let to = 0;
  for (let output = 0; output < outputs; output++) {
    for (let y = 0; y < height; y++) {
      for (let input = 0; input < inputs; input++) {
        const from = ((output * inputs + input) * height + y) * width;
        for (let x = 0; x < width; x++) rows[to++] = data[from + x] as number;
      }
    }
  }
  return rows;
}

/** `[outputs, OUTPUT_LANES, height, 1]`: takes each row's sum from where that row lies. */
function columnFilters(outputs: number, height: number): Float32Array {
  const columns = new Float32Array(outputs * OUTPUT_LANES * height);
  for (let output = 0; output < outputs; output++) {
    for (let y = 0; y < height; y++) columns[(output * OUTPUT_LANES + output * height + y) * height + y] = 1;
  }
  return columns;
}
