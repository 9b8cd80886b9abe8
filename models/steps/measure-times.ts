import { openNetwork } from '../network.ts';
import type { Graph, GraphNode } from '../onnx/graph.ts';
import { requiredInput, requiredOutput } from '../onnx/graph.ts';
import { inferShapes, shapeOf } from '../onnx/infer-shapes.ts';
import { elementCount } from '../onnx/tensor.ts';

const RUNS = 3;

/**
 * Measures how many ms of one thread's time each convolution takes on this machine, alone, at its size in the graph:
 * the least of a few runs, because other work only ever adds time. Equal convolutions are measured once.
 */
export async function measureTimes(graph: Graph): Promise<Map<GraphNode, number>> {
  const inference = inferShapes(graph);
  const times = new Map<GraphNode, number>();
  const known = new Map<string, number>();
  for (const node of graph.nodes) {
    if (node.op !== 'Conv' && node.op !== 'ConvTranspose') continue;
    const dims = shapeOf(inference, requiredInput(node, 0));
    const sizes = node.inputs.map((input) => `${graph.constants.get(input)?.dims}`);
    const key = [
      node.op,
      dims,
      ...sizes,
      ...[...node.attributes.values()].map(({ name, ints, i }) => `${name} ${ints} ${i}`),
    ].join();
    const time = known.get(key) ?? (await timeOf(alone(graph, node, dims), requiredInput(node, 0), dims));
    known.set(key, time);
    times.set(node, time);
  }
  return times;
}

function alone(graph: Graph, node: GraphNode, dims: readonly number[]): Graph {
  return {
    ...graph,
    nodes: [node],
    inputs: [{ name: requiredInput(node, 0), type: 'float32', dims }],
    outputs: [{ name: requiredOutput(node), type: 'float32', dims: undefined }],
    constants: new Map([...graph.constants].filter(([name]) => node.inputs.includes(name))),
    hints: [],
  };
}

async function timeOf(graph: Graph, input: string, dims: readonly number[]): Promise<number> {
  const network = await openNetwork(graph, { threads: 1 });
  try {
    const feeds = { [input]: { data: new Float32Array(elementCount(dims)).fill(0.5), dims } };
    let least = Number.POSITIVE_INFINITY;
    for (let run = 0; run < RUNS; run++) {
      const before = process.cpuUsage();
      await network.run(feeds);
      const { user, system } = process.cpuUsage(before);
      least = Math.min(least, (user + system) / 1000);
    }
    return least;
  } finally {
    await network.close();
  }
}
