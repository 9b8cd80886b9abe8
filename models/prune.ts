import { groupChannels } from './channels/channel-groups.ts';
import type { Products } from './math/products.ts';
import { shareOf } from './onnx/cost.ts';
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

/** What watching the parent at work tells, which is the same for every ratio. */
export interface Watched {
  readonly observations: Observations;
  readonly scores: Scores;
}

/** What pruning needs beside the network and the recipe. */
export interface PruneInputs {
  /** Photos to watch and repair on, already picked; may be empty where the recipe needs none. */
  readonly photos: readonly string[];
  readonly form: InputForm;
  readonly products: Products;
  /** Told when a step begins, and how far a long one is or what it found. */
  readonly onStep?: (step: string, detail?: string) => void;
  /** What an earlier pruning by the same recipe watched; watched anew where absent. */
  readonly watched?: Watched | undefined;
  readonly onWatched?: (watched: Watched) => Promise<void>;
}

/**
 * Prunes a network by a recipe: whole channels go, the rest is repaired, layers made narrow on the way where the recipe asks for it. The spine of the workshop: one call a step.
 *
 * @returns The pruned network at the form's input size. @throws {PruneError | OnnxError} with the node's name.
 */
export async function prune(parent: Graph, recipe: Recipe, inputs: PruneInputs): Promise<Graph> {
  const { form, products, onStep = () => {} } = inputs;

  onStep('simplify');
  const dense = simplify(parent, { size: form });
  onStep('group');
  const groups = groupChannels(dense);
  onStep('observe');
  const watching = { photos: inputs.photos.slice(0, recipe.observePhotos), form, onStep };
  const observations = inputs.watched?.observations ?? (await observe(dense, groups, watching));
  onStep('score');
  const scoring = { method: recipe.score, seed: recipe.seed, observations, photos: watching.photos, form, products };
  const scores = inputs.watched?.scores ?? (await score(dense, groups, scoring));
  await inputs.onWatched?.({ observations, scores });
  onStep('select');
  const times = recipe.unit === 'time' ? await measureTimes(dense) : undefined;
  const cut = select(groups, scores, costModel(dense, groups, recipe.unit, times), recipe);
  onStep('merge');
  const merged = recipe.merge ? await merge(dense, groups, { cut, observations, products }) : dense;
  onStep('slice');
  const sliced = slice(merged, groups, cut);
  onStep('slice', `${cut.size} channels go, ${shareOf(sliced, dense)} stay`);
  if (recipe.reconstruct === undefined) return sliced;
  onStep('reconstruct');
  const photos = inputs.photos.slice(0, recipe.reconstruct.photos);
  const unit = recipe.unit === 'parameters' ? 'parameters' : 'macs';
  const repairing = { ...recipe.reconstruct, unit, photos, form, seed: recipe.seed, onStep } as const;
  return reconstruct(dense, sliced, { groups, cut, products }, repairing);
}
