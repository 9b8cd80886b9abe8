import { type ChannelGroups, groupChannels } from './channels/channel-groups.ts';
import type { Products } from './math/products.ts';
import { type Cost, costOf } from './onnx/cost.ts';
import type { Graph } from './onnx/graph.ts';
import type { InputForm } from './photos.ts';
import type { Recipe } from './recipe.ts';
import { costModel } from './steps/cost-model.ts';
import { measureTimes } from './steps/measure-times.ts';
import { merge } from './steps/merge.ts';
import { type Observations, observe } from './steps/observe.ts';
import { reconstruct } from './steps/reconstruct.ts';
import { type Scores, score } from './steps/score.ts';
import { select } from './steps/select.ts';
import { simplify } from './steps/simplify.ts';
import { slice } from './steps/slice.ts';

/** What pruning needs beside the network and the recipe. */
export interface PruneInputs {
  /** Photos to watch and repair on, already picked; may be empty where the recipe needs none. */
  readonly photos: readonly string[];
  readonly form: InputForm;
  readonly products: Products;
  /** Told when a step begins, and how far a long one is. */
  readonly onStep?: (step: string, detail?: string) => void;
}

/** A network that was watched at work: what can be cut out of it, and what each channel is worth. Serves any ratio. */
export interface Watched {
  readonly dense: Graph;
  readonly groups: ChannelGroups;
  readonly observations: Observations;
  readonly scores: Scores;
}

/**
 * Prunes a network by a recipe: whole channels go, the rest is repaired. The spine of the workshop: one call a step.
 *
 * @returns The pruned network at the form's input size. @throws {PruneError | OnnxError} with the node's name.
 */
export async function prune(parent: Graph, recipe: Recipe, inputs: PruneInputs): Promise<Graph> {
  return cutAndRepair(await watch(parent, recipe, inputs), recipe, inputs);
}

/** The part of pruning that is the same for every ratio. */
export async function watch(
  parent: Graph,
  recipe: Recipe,
  { photos, form, products, onStep = () => {} }: PruneInputs,
): Promise<Watched> {
  onStep('simplify');
  const dense = simplify(parent, { size: form });
  onStep('group');
  const groups = groupChannels(dense);
  onStep('observe');
  const watched = photos.slice(0, recipe.observePhotos);
  const onPhoto = (done: number): void => onStep('observe', `${done} photos`);
  const observations = await observe(dense, groups, { photos: watched, form, onPhoto });
  onStep('score');
  const scores = await score(dense, groups, { method: recipe.score, seed: recipe.seed, observations, products });
  return { dense, groups, observations, scores };
}

/** The part of pruning that depends on the ratio. */
export async function cutAndRepair(watched: Watched, recipe: Recipe, inputs: PruneInputs): Promise<Graph> {
  const { dense, groups, observations, scores } = watched;
  const { photos, form, products, onStep = () => {} } = inputs;

  onStep('select');
  const times = recipe.unit === 'time' ? await measureTimes(dense) : undefined;
  const cut = select(groups, scores, costModel(dense, groups, recipe.unit, times), recipe);
  onStep('select', `${cut.size} channels go`);
  onStep('merge');
  const merged = recipe.merge ? await merge(dense, groups, { cut, observations, products }) : dense;
  onStep('slice');
  const sliced = slice(merged, groups, cut);
  onStep(
    'slice',
    `${shareOf(sliced, dense, 'parameters')} of the parameters stay, ${shareOf(sliced, dense, 'macs')} of the MACs`,
  );
  if (recipe.reconstruct === undefined) return sliced;
  onStep('reconstruct');
  const repairedOn = photos.slice(0, recipe.reconstruct.photos);
  const onLayer = (done: number, total: number): void =>
    onStep('reconstruct', `layer ${done} of ${total} on ${repairedOn.length} photos`);
  const options = { ...recipe.reconstruct, photos: repairedOn, form, seed: recipe.seed, onLayer };
  return reconstruct(dense, sliced, { groups, cut, products }, options);
}

function shareOf(part: Graph, whole: Graph, what: keyof Cost): string {
  return `${((100 * costOf(part)[what]) / costOf(whole)[what]).toFixed(1)} %`;
}
