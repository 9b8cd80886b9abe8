import { float32Result, type OrtTensor, toOrt, withNetwork } from '../network.ts';
import { attributes } from '../onnx/attributes.ts';
import { type Graph, type GraphNode, onlyInput, requiredOutput } from '../onnx/graph.ts';
import { type Inference, inferShapes, shapeOf } from '../onnx/infer-shapes.ts';
import { ELEMENT_CODES } from '../onnx/tensor.ts';
import { type SampledConv, withTapSamples } from './sampled-convs.ts';

/**
 * Many photos' way through a network, stopped between two layers: holds, for every photo, the values that nodes still to
 * come will read, and moves on layer by layer, so that each node runs once a photo although layers change on the way.
 * Between layers the values rest as float16, which halves the memory: their rounding is far below what a cut changes.
 */
export class Frontier {
  readonly #inference: Inference;
  /** For each photo the open values by the name of their float16 form. */
  readonly #open: Map<string, OrtTensor>[];
  /** Outputs of the nodes that have run, which is how nodes are known again after their weights changed. */
  readonly #done = new Set<string>();

  /** @param graph In running order. @param inputs The photos' input tensors. */
  constructor(graph: Graph, inputs: readonly Float32Array[]) {
    this.#inference = inferShapes(graph);
    const input = onlyInput(graph).name;
    this.#open = inputs.map((data) => new Map([[input, toOrt(data, shapeOf(this.#inference, input))]]));
  }

  /**
   * Runs every node before a convolution, with the weights that the graph has now, and hands over what the convolution
   * would read at its positions: `[positions, taps]` for each photo.
   */
  async advance(
    graph: Graph,
    conv: SampledConv,
    take: (taps: Float32Array, photo: number) => Promise<void>,
  ): Promise<void> {
    const end = graph.nodes.findIndex((node) => requiredOutput(node) === conv.output);
    const step = graph.nodes.slice(0, end).filter((node) => !this.#done.has(requiredOutput(node)));
    for (const node of step) this.#done.add(requiredOutput(node));
    const stillRead = new Set(
      graph.nodes.filter((node) => !this.#done.has(requiredOutput(node))).flatMap((node) => node.inputs),
    );
    const made = step.flatMap((node) => node.outputs).filter((output) => stillRead.has(output));
    const part = withTapSamples(this.#part(graph, step, made, conv), conv, this.#inference);

    await withNetwork(part, async (network) => {
      for (const [photo, open] of this.#open.entries()) {
        const feeds = part.inputs.flatMap(({ name }) => {
          const tensor = open.get(name);
          return tensor === undefined ? [] : [[name, tensor] as const];
        });
        const results = await network.pass(Object.fromEntries(feeds));
        for (const name of open.keys()) if (!stillRead.has(restingValue(name))) open.delete(name);
        for (const name of made.map(restingName)) {
          const tensor = results[name];
          if (tensor !== undefined) open.set(name, tensor);
        }
        await take(float32Data(results, conv.samples), photo);
      }
    });
  }

  /** The part of the graph between the open values and the next layer, widening what it reads and narrowing what it leaves. */
  #part(graph: Graph, step: readonly GraphNode[], made: readonly string[], conv: SampledConv): Graph {
    const inside = new Set(step.flatMap((node) => node.outputs));
    const read = new Set([...step.flatMap((node) => node.inputs), conv.input]);
    const from = [...read].filter((name) => name !== '' && !inside.has(name) && !graph.constants.has(name));
    const photoInput = onlyInput(graph).name;
    const resting = from.filter((name) => name !== photoInput);
    return {
      ...graph,
      nodes: [
        ...resting.map((name) => castNode(restingName(name), name, 'float32')),
        ...step,
        ...made.map((name) => castNode(name, restingName(name), 'float16')),
      ],
      inputs: from.map((name) => ({
        name: name === photoInput ? name : restingName(name),
        type: name === photoInput ? 'float32' : 'float16',
        dims: shapeOf(this.#inference, name),
      })),
      outputs: made.map((name) => ({ name: restingName(name), type: 'float16', dims: undefined })),
    };
  }
}

const RESTING = '.float16';
const restingName = (value: string): string => value + RESTING;
const restingValue = (name: string): string => (name.endsWith(RESTING) ? name.slice(0, -RESTING.length) : name);

function castNode(from: string, to: string, type: 'float32' | 'float16'): GraphNode {
  return { name: to, op: 'Cast', inputs: [from], outputs: [to], attributes: attributes({ to: ELEMENT_CODES[type] }) };
}

function float32Data(results: Readonly<Record<string, OrtTensor>>, name: string): Float32Array {
  const data = results[name]?.data;
  return float32Result(new Map(data instanceof Float32Array ? [[name, data]] : []), name);
}
