import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { confidenceOf, FITTED_CONFIDENCE } from '#functions/imaging/confidence.ts';
import { cacheFolder } from '../cache-folder.ts';
import { drawCurves, type NamedCurve } from '../confidence/draw-curve.ts';
import { type Example, GOOD_IOU, readExamples } from '../confidence/examples.ts';
import { caughtWithin, type Reviewed, reviewCurve } from '../confidence/review-curve.ts';
import { type EvaluationSet, listSets } from '../evaluate/evaluation-sets.ts';
import { ensureModel } from '../fetch.ts';
import type { PackedModel } from '../pack.ts';
import { parentMasks, readMask } from '../train/photos/parent-masks.ts';
import { count } from './count.ts';
import { startProgress } from './progress-line.ts';
import { share } from './share.ts';

interface ReviewCurveFlags {
  readonly evaluation: string;
  readonly sets?: readonly string[];
  readonly limit?: number;
  readonly budget: number;
  readonly threads: number;
  readonly out?: string;
}

/** Adds `review-curve` to the workshop's command line. */
export function registerReviewCurve(program: Command): void {
  program
    .command('review-curve')
    .description('Show how many of the bad cutouts a review of the least confident catches')
    .argument('<models...>', 'packed folders or models out of the list')
    .requiredOption('--evaluation <dir>', 'SET/images/NAME.jpg with SET/masks/NAME.png')
    .option('--sets <names>', 'only these sets, with commas', (text: string) => text.split(','))
    .option('--limit <count>', 'photos of each set at most', count)
    .option('--budget <share>', 'share of the photos that is looked at', share, 0.1)
    .option('--threads <count>', 'threads of a network', count, 1)
    .option('--out <file>', 'draw the curves as SVG')
    .action(reviewCurveCommand);
}

async function reviewCurveCommand(names: readonly string[], flags: ReviewCurveFlags): Promise<void> {
  const { evaluation, limit, budget, out } = flags;
  const sets = (await listSets(evaluation, limit === undefined ? {} : { limit })).filter(
    ({ name }) => flags.sets?.includes(name) ?? true,
  );
  const curves: NamedCurve[] = [];
  for (const name of names) {
    const model = await ensureModel(name);
    const all: Reviewed[] = [];
    for (const set of sets) {
      const reviewed = await review(model, set, flags.threads);
      all.push(...reviewed);
      if (sets.length > 1) console.log(describe(`${name} ${set.name}`, reviewed, budget));
    }
    console.log(describe(`${name} all`, all, budget));
    curves.push({ name, curve: reviewCurve(all) });
  }
  if (out !== undefined) await writeFile(out, drawCurves(curves));
}

async function review(model: PackedModel, set: EvaluationSet, threads: number): Promise<Reviewed[]> {
  const own = parentMasks(model, { cache: join(cacheFolder(), 'masks'), threads });
  const truths = new Map(set.pairs.map(({ photo, truth }) => [photo, truth]));
  const progress = startProgress(`${model.manifest.id} ${set.name}`);
  const truth = {
    read: async (file: string) => {
      const mask = await readMask(truths.get(file) ?? '');
      if (mask === undefined) throw new Error(`Expected a true mask for ${file}, got none`);
      return { mask };
    },
  };
  const onPhoto = (done: number, total: number) => progress.report({ step: `photo ${done} of ${total}` });
  const examples = await readExamples([...truths.keys()], { own, truth, onPhoto }).finally(progress.stop);
  return examples.map((example) => reviewed(example, model));
}

function reviewed({ features, iou }: Example, { manifest }: PackedModel): Reviewed {
  const { confidence } = confidenceOf(features, manifest.confidence ?? FITTED_CONFIDENCE);
  return { confidence, isBad: iou < GOOD_IOU };
}

function describe(name: string, photos: readonly Reviewed[], budget: number): string {
  const bad = photos.filter(({ isBad }) => isBad).length;
  const { caught, possible } = caughtWithin(reviewCurve(photos), budget);
  const percent = (part: number) => `${(part * 100).toFixed(1)} %`;
  return `${name}: ${photos.length} photos, ${bad} bad; the least confident ${percent(budget)} hold ${percent(caught)} of them, ${percent(possible)} at best`;
}
