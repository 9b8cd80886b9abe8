import type { ModelManifest } from '#functions/contract/manifest.ts';
import { OnnxError } from '../onnx/errors.ts';
import { type Graph, type GraphNode, onlyInput } from '../onnx/graph.ts';
import { type InputSize, withOutputShapes } from '../onnx/resize-input.ts';
import { float32Tensor, type Tensor } from '../onnx/tensor.ts';
import type { InputForm } from '../photos.ts';
import { resampleMatrix, transposedResampleMatrix } from './resample.ts';
import type { ToolForm } from './tool-forms.ts';

const FED = 'adapted.photo';
const RAW = 'adapted.mask';

/**
 * Wraps a network so that it takes and gives what another program expects, whatever it was made for itself: that program's
 * names, its input size (scaled to the network's own inside, and the mask back where that is expected) and its scaling.
 */
export function adaptGraph(graph: Graph, { input }: ModelManifest, tool: ToolForm): Graph {
  const [first] = graph.outputs;
  const found = onlyInput(graph);
  if (first === undefined || found.type !== 'float32') {
    throw new OnnxError('unsupported_type', `Expected a float32 input and one output to export, got ${found.type}`);
  }
  const before = [...scaling(tool.input, input), ...recolouring(tool.input, input)];
  const after = tool.output.isInputSize ? scaling(input, tool.input) : [];
  const ends = new Map([
    [found.name, before.length > 0 ? FED : tool.input.name],
    [first.name, after.length > 0 ? RAW : tool.output.name],
  ]);
  const inner = renamed(withoutNames(graph, [tool.input.name, tool.output.name], [...ends.keys()]), ends);
  const constants = new Map<string, Tensor>(inner.constants);
  const chain = chainInto(constants);
  const { width, height } = tool.input;
  return withOutputShapes({
    ...inner,
    inputs: [{ name: tool.input.name, type: 'float32', dims: [1, 3, height, width] }],
    outputs: [{ name: tool.output.name, type: 'float32', dims: undefined }],
    nodes: [...chain(tool.input.name, FED, before), ...inner.nodes, ...chain(RAW, tool.output.name, after)],
    constants,
    hints: [],
  });
}

/** One node with two inputs: the value so far and a constant, on the side the operator needs it. */
interface Link {
  readonly op: 'MatMul' | 'Mul' | 'Add';
  readonly constant: Tensor;
  readonly isConstantFirst?: boolean;
}

/** Lines up nodes from one name to another. */
function chainInto(constants: Map<string, Tensor>) {
  return (from: string, to: string, links: readonly Link[]): GraphNode[] =>
    links.map(({ op, constant, isConstantFirst = false }, index) => {
      const name = `${to}.constant.${index}`;
      constants.set(name, constant);
      const value = index === 0 ? from : `${to}.${index}`;
      const output = index === links.length - 1 ? to : `${to}.${index + 1}`;
      const inputs = isConstantFirst ? [name, value] : [value, name];
      return { name: output, op, inputs, outputs: [output], attributes: new Map() };
    });
}

function scaling(from: InputSize, to: InputSize): Link[] {
  if (from.width === to.width && from.height === to.height) return [];
  return [
    { op: 'MatMul', constant: resampleMatrix(from.height, to.height), isConstantFirst: true },
    { op: 'MatMul', constant: transposedResampleMatrix(from.width, to.width) },
  ];
}

/** From one scaling of 0..255 to another. A photo's largest value counts as 255 where only one of them divides by it. */
function recolouring(from: InputForm, to: InputForm): Link[] {
  const [fromUnit, toUnit] = [from, to].map(({ scale }) => (scale === 'one' ? 1 : 255));
  const unit = (fromUnit ?? 1) / (toUnit ?? 1);
  const channels = [0, 1, 2] as const;
  const slopes = channels.map((c) => (unit * from.std[c]) / to.std[c]);
  const offsets = channels.map((c) => (unit * from.mean[c] - to.mean[c]) / to.std[c]);
  const isSame = slopes.every((slope) => Math.abs(slope - 1) < 1e-6) && offsets.every((o) => Math.abs(o) < 1e-6);
  if (isSame) return [];
  const perChannel = (values: readonly number[]): Tensor => float32Tensor([1, 3, 1, 1], Float32Array.from(values));
  return [
    { op: 'Mul', constant: perChannel(slopes) },
    { op: 'Add', constant: perChannel(offsets) },
  ];
}

/** Renames whatever inside the graph bears a name that is needed outside, but for the graph's own ends. */
function withoutNames(graph: Graph, names: readonly string[], ends: readonly string[]): Graph {
  const taken = names.filter((name) => !ends.includes(name));
  return renamed(graph, new Map(taken.map((name) => [name, `adapted.inner.${name}`])));
}

function renamed(graph: Graph, names: ReadonlyMap<string, string>): Graph {
  const rename = (name: string): string => names.get(name) ?? name;
  return {
    ...graph,
    nodes: graph.nodes.map((node) => ({
      ...node,
      inputs: node.inputs.map(rename),
      outputs: node.outputs.map(rename),
    })),
    constants: new Map([...graph.constants].map(([name, tensor]) => [rename(name), tensor])),
  };
}
