import { float16Bits, float32Result, type OrtTensor, toOrt, withNetwork } from '../network.ts';
import { attributes } from '../onnx/attributes.ts';
import { type Graph, type GraphNode, onlyInput, requiredOutput } from '../onnx/graph.ts';
import { type Inference, inferShapes, shapeOf } from '../onnx/infer-shapes.ts';
import { ELEMENT_CODES } from '../onnx/tensor.ts';
import { RestingValues } from './resting-values.ts';
import { type SampledConv, withTapSamples } from './sampled-convs.ts';

/** Where photos' input tensors come from: read whenever a layer needs them, never kept. */
export interface PhotoInputs {
  readonly count: number;
  readonly read: (photo: number) => Promise<Float32Array>;
}

/**
 * Many photos' way through a network, stopped between two layers: holds, for every photo, the values that nodes still to
 * come will read, and moves on layer by layer, so that each node runs once a photo although layers change on the way.
 * Between layers the values rest as float16, which halves their size: its rounding is far below what a cut changes.
 * Close it: values that memory does not hold lie in files.
 */
export class Frontier {
  readonly #inference: Inference;
  readonly #inputs: PhotoInputs;
  readonly #open: RestingValues;
  /** Names of the values that are open now, the same for every photo. */
  readonly #openNames = new Set<string>();
  /** Outputs of the nodes that have run, which is how nodes are known again after their weights changed. */
  readonly #done = new Set<string>();

  /** What nodes read that read something else than their inputs, by their outputs; nothing, for those that are never run. */
  readonly #reads: ReadonlyMap<string, readonly string[]>;

  /**
   * @param graph In running order. @param restingBytes How much of what is open may lie in memory. @param reads What nodes
   * read that will be replaced by others, by their outputs; nodes that read nothing are never run.
   */
  constructor(
    graph: Graph,
    inputs: PhotoInputs,
    restingBytes: number,
    reads: ReadonlyMap<string, readonly string[]> = new Map(),
  ) {
    this.#reads = reads;
    this.#inference = inferShapes(graph);
    this.#inputs = inputs;
    this.#open = new RestingValues(restingBytes);
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
    const readsOf = (node: GraphNode): readonly string[] => this.#reads.get(requiredOutput(node)) ?? node.inputs;
    const step = graph.nodes
      .slice(0, end)
      .filter((node) => !this.#done.has(requiredOutput(node)) && readsOf(node).length > 0);
    for (const node of step) this.#done.add(requiredOutput(node));
    const stillRead = new Set(graph.nodes.filter((node) => !this.#done.has(requiredOutput(node))).flatMap(readsOf));
    const made = step.flatMap((node) => node.outputs).filter((output) => stillRead.has(output));
    const closing = [...this.#openNames].filter((name) => !stillRead.has(name));
    const part = withTapSamples(this.#part(graph, step, made, conv), conv, this.#inference);

    await withNetwork(part, async (network) => {
      for (let photo = 0; photo < this.#inputs.count; photo++) {
        const results = await network.pass(await this.#feeds(part, photo));
        for (const name of closing) await this.#open.drop(keyOf(photo, name));
        for (const name of made) {
          const tensor = results[restingName(name)];
          if (tensor !== undefined) await this.#open.put(keyOf(photo, name), float16Bits(tensor), tensor.dims);
        }
        await take(float32Data(results, conv.samples), photo);
      }
    });
    for (const name of closing) this.#openNames.delete(name);
    for (const name of made) this.#openNames.add(name);
  }

  close(): Promise<void> {
    return this.#open.close();
  }

  async #feeds(part: Graph, photo: number): Promise<Record<string, OrtTensor>> {
    const feeds: Record<string, OrtTensor> = {};
    for (const { name } of part.inputs) {
      const resting = await this.#open.get(keyOf(photo, restingValue(name)));
      feeds[name] = resting ?? toOrt(await this.#inputs.read(photo), shapeOf(this.#inference, name));
    }
    return feeds;
  }

  /** The part of the graph between the open values and the next layer, widening what it reads and narrowing what it leaves. */
  #part(graph: Graph, step: readonly GraphNode[], made: readonly string[], conv: SampledConv): Graph {
    const inside = new Set(step.flatMap((node) => node.outputs));
    const read = new Set([...step.flatMap((node) => node.inputs), ...conv.sources.map(({ value }) => value)]);
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
const keyOf = (photo: number, name: string): string => `${photo} ${name}`;
const restingName = (value: string): string => value + RESTING;
const restingValue = (name: string): string => (name.endsWith(RESTING) ? name.slice(0, -RESTING.length) : name);

function castNode(from: string, to: string, type: 'float32' | 'float16'): GraphNode {
  return { name: to, op: 'Cast', inputs: [from], outputs: [to], attributes: attributes({ to: ELEMENT_CODES[type] }) };
}

function float32Data(results: Readonly<Record<string, OrtTensor>>, name: string): Float32Array {
  const data = results[name]?.data;
  return float32Result(new Map(data instanceof Float32Array ? [[name, data]] : []), name);
}
