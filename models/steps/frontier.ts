import { float32Result, withNetwork } from '../network.ts';
import { type Graph, type GraphNode, onlyInput, requiredOutput } from '../onnx/graph.ts';
import { type Inference, inferShapes, shapeOf } from '../onnx/infer-shapes.ts';
import { type SampledConv, withTapSamples } from './sampled-convs.ts';

/**
 * Many photos' way through a network, stopped between two layers: holds, for every photo, the values that nodes still to
 * come will read, and moves on layer by layer, so that each node runs once a photo although layers change on the way.
 */
export class Frontier {
  readonly #inference: Inference;
  /** For each photo the open values by name. */
  readonly #open: Map<string, Float32Array>[];
  /** Outputs of the nodes that have run, which is how nodes are known again after their weights changed. */
  readonly #done = new Set<string>();

  /** @param graph In running order. @param inputs The photos' input tensors. */
  constructor(graph: Graph, inputs: readonly Float32Array[]) {
    this.#inference = inferShapes(graph);
    this.#open = inputs.map((input) => new Map([[onlyInput(graph).name, input]]));
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
        const feeds = part.inputs.map(({ name }) => [name, this.#feed(open, name)] as const);
        const results = await network.run(Object.fromEntries(feeds));
        for (const name of open.keys()) if (!stillRead.has(name)) open.delete(name);
        for (const name of made) open.set(name, float32Result(results, name));
        await take(float32Result(results, conv.samples), photo);
      }
    });
  }

  /** The part of the graph between the open values and the next layer. */
  #part(graph: Graph, step: readonly GraphNode[], made: readonly string[], conv: SampledConv): Graph {
    const inside = new Set(step.flatMap((node) => node.outputs));
    const read = new Set([...step.flatMap((node) => node.inputs), conv.input]);
    const from = [...read].filter((name) => name !== '' && !inside.has(name) && !graph.constants.has(name));
    return {
      ...graph,
      nodes: step,
      inputs: from.map((name) => ({ name, type: 'float32', dims: shapeOf(this.#inference, name) })),
      outputs: made.map((name) => ({ name, type: 'float32', dims: undefined })),
    };
  }

  #feed(open: ReadonlyMap<string, Float32Array>, name: string) {
    return { data: open.get(name) ?? new Float32Array(), dims: shapeOf(this.#inference, name) };
  }
}
