import { costOf } from '../onnx/cost.ts';
import type { Graph, GraphValue } from '../onnx/graph.ts';
import { describeSize } from './fetch.ts';
import { readGraph } from './read-graph.ts';

/** Prints what a model takes, gives, weighs and is made of. Takes a file, a packed folder or a catalogue id. */
export async function inspectModel(target: string): Promise<void> {
  const { file, bytes, graph } = await readGraph(target);
  console.log(file);
  console.log(`  ${describeSize({ ...costOf(graph), bytes })}, opset ${graph.opset}`);
  for (const input of graph.inputs) console.log(`  takes ${describeValue(input)}`);
  for (const output of graph.outputs) console.log(`  gives ${describeValue(output)}`);
  console.log(`  ${graph.nodes.length} nodes: ${countOperators(graph)}`);
}

function describeValue({ name, type, dims }: GraphValue): string {
  return `${name}: ${type} [${dims?.join(', ') ?? 'any shape'}]`;
}

function countOperators(graph: Graph): string {
  const counts = new Map<string, number>();
  for (const { op } of graph.nodes) counts.set(op, (counts.get(op) ?? 0) + 1);
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([op, count]) => `${count} ${op}`)
    .join(', ');
}
