import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { PruneError } from './channels/errors.ts';
import { registerAblate } from './commands/ablate.ts';
import { registerCalibrate } from './commands/calibrate.ts';
import { registerDistil } from './commands/distil.ts';
import { registerEdges } from './commands/edges.ts';
import { registerEvaluate } from './commands/evaluate.ts';
import { explainModel } from './commands/explain.ts';
import { registerExport } from './commands/export.ts';
import { fetchCommand } from './commands/fetch.ts';
import { inspectModel } from './commands/inspect.ts';
import { letReaderGo } from './commands/let-reader-go.ts';
import { listModels } from './commands/list.ts';
import { modelId } from './commands/model-id.ts';
import { pruneCommand } from './commands/prune.ts';
import { registerReproduce } from './commands/reproduce.ts';
import { registerReviewCurve } from './commands/review-curve.ts';
import { share } from './commands/share.ts';
import { registerSheet } from './commands/sheet.ts';
import { keepCompiledSources } from './compile-cache.ts';
import { reasonOf } from './errors.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const EXIT_INTERRUPTED = 130;

const program = new Command('model')
  .description('The model workshop: fetch a heavy model, cut whole channels out of it, measure what is left.')
  .exitOverride();

program.command('list').description('Show the catalogue and what of it is fetched already').action(listModels);

program
  .command('fetch')
  .description('Fetch a model into the cache: its sources are tried in order, its checksum is verified')
  .argument('<id>', 'a model out of the list')
  .option('--from <file>', 'use this file, which is here already, instead of a source')
  .option('--mirror <url>', 'try <url>/<file name> before the sources')
  .action(fetchCommand);

program
  .command('inspect')
  .description('Show what a model takes, gives and weighs')
  .argument('<model>', 'an ONNX file, a packed folder or a model out of the list')
  .action(inspectModel);

program
  .command('explain')
  .description('Show which channels must be cut together')
  .argument('<model>', 'an ONNX file, a packed folder or a model out of the list')
  .action(explainModel);

program
  .command('prune')
  .description('Cut whole channels out of a model and repair what is left')
  .argument('<model>', 'a packed folder or a model out of the list')
  .option('--ratio <share>', 'share of the cost to take away, 0..1', number)
  .option('--calibration <dir>', 'photos to watch and repair on; no labels needed')
  .option('--recipe <name>', 'one of recipes/ or a JSON file', 'repair')
  .option('--unit <unit>', 'what the ratio counts: parameters, macs or time')
  .option('--size <px>', 'input height and width to deploy with', number)
  .option('--photos <count>', 'photos to repair on', number)
  .option('--narrow <share>', 'share of the cost that layers lose beside, by becoming narrow inside, 0..1', share)
  .option('--seed <number>', 'seed of everything random', number)
  .option('--id <id>', 'what to call the result', modelId)
  .option('--out <dir>', 'where to put it instead of the cache')
  .action(pruneCommand);

registerCalibrate(program);
registerReviewCurve(program);
registerEvaluate(program);
registerEdges(program);
registerSheet(program);
registerAblate(program);
registerExport(program);
registerDistil(program);
registerReproduce(program);

letReaderGo();
keepCompiledSources();

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
  } else {
    console.error(`model: ${reasonOf(error)}`);
    process.exitCode = error instanceof PruneError && error.code === 'interrupted' ? EXIT_INTERRUPTED : EXIT_FAILED;
  }
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('Expected a number.');
  return value;
}
