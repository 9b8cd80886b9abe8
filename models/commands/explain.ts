import { groupChannels } from '../channels/channel-groups.ts';
import { explain } from '../channels/explain.ts';
import { simplify } from '../steps/simplify.ts';
import { readGraph } from './read-graph.ts';

/** Prints which channels of a model must be cut together. */
export async function explainModel(target: string): Promise<void> {
  const graph = simplify((await readGraph(target)).graph);
  console.log(explain(graph, groupChannels(graph)));
}
