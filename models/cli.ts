import { Command, CommanderError } from 'commander';
import { fetchCommand } from './commands/fetch.ts';
import { inspectModel } from './commands/inspect.ts';
import { listModels } from './commands/list.ts';
import { reasonOf } from './errors.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

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

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
  } else {
    console.error(`model: ${reasonOf(error)}`);
    process.exitCode = EXIT_FAILED;
  }
}
