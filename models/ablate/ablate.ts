import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { judge } from '../evaluate/evaluate.ts';
import type { EvaluationSet } from '../evaluate/evaluation-sets.ts';
import { measureRuns } from '../evaluate/measure-run.ts';
import { segmentSets } from '../evaluate/segment-sets.ts';
import { openProducts, type Products } from '../math/products.ts';
import { decodeModel } from '../onnx/codec.ts';
import type { Graph } from '../onnx/graph.ts';
import { type PackedModel, packModel } from '../pack.ts';
import type { InputForm } from '../photos.ts';
import { prune } from '../prune.ts';
import type { Recipe } from '../recipe.ts';
import { simplify } from '../steps/simplify.ts';
import {
  type Cell,
  cellFolder,
  type Ratio,
  readCell,
  readMasks,
  readWatched,
  type StudyFolder,
  writeCell,
  writeMasks,
  writeWatched,
} from './study.ts';

export interface AblateInputs {
  readonly parent: PackedModel;
  readonly ratios: readonly number[];
  readonly sets: readonly EvaluationSet[];
  /** Told what is being done now. */
  readonly onStep: (step: string, detail?: string) => void;
  /** How cost is measured. @default in fresh processes, in turns */
  readonly measure?: typeof measureRuns;
}

/**
 * Prunes one model by one recipe at several ratios and measures all of them on the same photos, beside the parent as it was
 * fetched and, where the recipe gives another size, the parent at that size. Every finished row is kept in the study's folder
 * and not computed again.
 */
export async function ablate(study: StudyFolder, inputs: AblateInputs): Promise<void> {
  const { parent, ratios, onStep } = inputs;
  await finishCell(study, 'parent', inputs, async () => parent);
  const { recipe } = study.study;
  if (formOf(parent, recipe).width !== parent.manifest.input.width) {
    await finishCell(study, 0, inputs, async () => pack(study, parent, 0, await resized(parent, recipe)));
  }
  const products = await openProducts();
  try {
    for (const ratio of ratios) {
      onStep(`${parent.manifest.id} -${Math.round(ratio * 100)} %`);
      await finishCell(study, ratio, inputs, () => pruneTo(study, ratio, inputs, products));
    }
  } finally {
    await products.close();
  }
}

/** Makes a row's model and measures it, unless the row is there. */
async function finishCell(
  study: StudyFolder,
  ratio: Ratio,
  { parent, sets, onStep, measure = measureRuns }: AblateInputs,
  make: () => Promise<PackedModel>,
): Promise<void> {
  if ((await readCell(study, ratio)) !== undefined) return;
  const before = process.cpuUsage();
  const model = await make();
  const { user, system } = process.cpuUsage(before);
  const pruning = { cpuSeconds: (user + system) / 1e6, peakMb: (process.resourceUsage().maxRSS * 1024) / 1e6 };

  onStep('evaluate');
  const masks = await segmentSets(model, sets);
  const folder = cellFolder(study, ratio);
  await writeMasks(folder, sets, masks);
  const reference = ratio === 'parent' ? masks : await readMasks(cellFolder(study, 'parent'), sets);
  const quality = await judge(sets, masks, reference);
  onStep('measure');
  // In turns with the parent, whose own figures come from its own row: here it only shares the machine's other load.
  const [run] = await measure([model, parent], { turns: 2 });
  if (run === undefined) return;
  const { id, parameters, macs, bytes } = model.manifest;
  const cell: Cell = {
    ratio: ratio === 'parent' ? 0 : ratio,
    model: { id, parameters, macs, bytes },
    quality: { ...quality },
    run,
    ...(typeof ratio === 'number' && ratio > 0 ? { pruning } : {}),
  };
  await writeCell(study, ratio, cell);
}

async function pruneTo(
  study: StudyFolder,
  ratio: number,
  { parent, onStep }: AblateInputs,
  products: Products,
): Promise<PackedModel> {
  const { recipe, photos } = study.study;
  const pruned = await prune(
    await readGraph(parent),
    { ...recipe, ratio },
    {
      photos,
      form: formOf(parent, recipe),
      products,
      onStep,
      watched: await readWatched(study),
      onWatched: (watched) => writeWatched(study, watched),
    },
  );
  return pack(study, parent, ratio, pruned);
}

function pack(study: StudyFolder, { manifest }: PackedModel, ratio: number, graph: Graph): Promise<PackedModel> {
  const { id, family, licence, origin, input, sha256 } = manifest;
  const { recipe, photos } = study.study;
  const facts = {
    id: `${id}-${Math.round(ratio * 100)}`,
    family,
    licence,
    origin: `${origin}; pruned by Cutline`,
    input,
    recipe: { step: 'prune', ...recipe, ratio, parent: id, parentSha256: sha256, photos: photos.length },
    scores: {},
  };
  return packModel(graph, facts, join(cellFolder(study, ratio), 'model'));
}

async function resized(parent: PackedModel, recipe: Recipe): Promise<Graph> {
  return simplify(await readGraph(parent), { size: formOf(parent, recipe) });
}

async function readGraph({ folder }: PackedModel): Promise<Graph> {
  return decodeModel(await readFile(join(folder, 'model.onnx')), folder);
}

function formOf({ manifest }: PackedModel, { size }: Recipe): InputForm {
  return { ...manifest.input, ...(size === undefined ? {} : { width: size, height: size }) };
}
