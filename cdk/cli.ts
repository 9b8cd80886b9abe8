#!/usr/bin/env -S node --disable-warning=ExperimentalWarning
import { Command, CommanderError } from 'commander';
import { registerBench } from './commands/bench.ts';
import { registerRun, registerStart } from './commands/run.ts';
import { registerSample } from './commands/sample.ts';
import { UsageError } from './commands/usage-error.ts';
import { registerVerify } from './commands/verify.ts';
import { RunError } from './local/run-error.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

const program = new Command('cutline')
  .description('Cuts the background out of whole product catalogues, unattended.')
  .exitOverride();
registerRun(program);
registerStart(program);
registerSample(program);
registerVerify(program);
registerBench(program);

// A reader that has enough (`| head`) ends its own reading, not the run.
process.stdout.on('error', () => {});

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
  // Commander has printed its own errors already.
  if (!(error instanceof CommanderError)) {
    console.error(`cutline: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
  return error instanceof UsageError || (error instanceof RunError && error.isUsage) ? EXIT_USAGE : EXIT_FAILED;
}
