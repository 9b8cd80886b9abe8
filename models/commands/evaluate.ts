import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { evaluate } from '../evaluate/evaluate.ts';
import { type EvaluationSet, listSets } from '../evaluate/evaluation-sets.ts';
import { measureRuns } from '../evaluate/measure-run.ts';
import { type OpenModels, openModels } from '../evaluate/open-model.ts';
import { describeMeasured, type Measured } from '../evaluate/report.ts';
import { keepHeap } from '../keep-heap.ts';
import { count } from './count.ts';
import { startProgress } from './progress-line.ts';

interface EvaluateFlags {
  readonly evaluation?: string;
  readonly parent?: string;
  readonly limit?: number;
  readonly json?: string;
}

/** Adds `evaluate` and `compare` to the workshop's command line. */
export function registerEvaluate(program: Command): void {
  const named = 'an ONNX file, a packed folder or a model out of the list';
  program
    .command('evaluate')
    .description('Measure quality on photos with true masks, and cost in fresh processes')
    .argument('<model...>', named)
    .requiredOption('--evaluation <dir>', 'sets of photos with masks: <dir>/SET/images/shoe.jpg and masks/shoe.png')
    .option('--parent <model>', 'compare masks and cost with this model, too')
    .option('--limit <count>', 'photos of each set at most', count)
    .option('--json <file>', 'write the figures to a file as well')
    .action((models: string[], flags: EvaluateFlags) => evaluateCommand(models, flags));
  program
    .command('compare')
    .description('Set one model beside another: cost, and quality where photos are given')
    .argument('<a>', named)
    .argument('<b>', named)
    .option('--evaluation <dir>', 'sets of photos with masks, as for evaluate')
    .option('--limit <count>', 'photos of each set at most', count)
    .option('--json <file>', 'write the figures to a file as well')
    .action((a: string, b: string, flags: EvaluateFlags) => evaluateCommand([b], { ...flags, parent: a }));
}

async function evaluateCommand(names: readonly string[], flags: EvaluateFlags): Promise<void> {
  keepHeap();
  const { parent, limit, evaluation, json } = flags;
  const all = parent === undefined || names.includes(parent) ? names : [parent, ...names];
  const ordered = parent === undefined ? all : [parent, ...all.filter((name) => name !== parent)];
  const progress = startProgress('evaluate');
  let open: OpenModels | undefined;
  try {
    open = await openModels(ordered, { onProgress: progress.report });
    const { models } = open;
    const [first] = models;
    const sets =
      evaluation === undefined || first === undefined
        ? []
        : await listSets(evaluation, { ...(limit === undefined ? {} : { limit }), expectedOf: first.manifest });
    const total = photosIn(sets);
    const qualities = await evaluate(models, sets, ({ manifest }) =>
      progress.report({ step: `${manifest.id} on ${total} photos` }),
    );
    progress.report({ step: 'measuring in fresh processes' });
    const runs = await measureRuns(models);
    progress.stop();
    const measured: Measured[] = models.map(({ manifest }, index) => ({
      model: manifest,
      quality: qualities[index] ?? {},
      run: runs[index],
    }));
    const counts = new Map(sets.map(({ name, pairs }) => [name, pairs.length]));
    console.log(describeMeasured(measured, counts));
    if (json !== undefined) await writeFile(json, `${JSON.stringify(asJson(measured, counts), null, 2)}\n`);
  } finally {
    progress.stop();
    await open?.close();
  }
}

function asJson(measured: readonly Measured[], counts: ReadonlyMap<string, number>) {
  return {
    photos: Object.fromEntries(counts),
    models: measured.map(({ model: { id, parameters, macs, bytes }, ...rest }) => ({
      id,
      parameters,
      macs,
      bytes,
      ...rest,
    })),
  };
}

function photosIn(sets: readonly EvaluationSet[]): number {
  return sets.reduce((sum, { pairs }) => sum + pairs.length, 0);
}
