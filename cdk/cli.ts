#!/usr/bin/env -S node --disable-warning=ExperimentalWarning
import { Command, CommanderError } from 'commander';
import { BatchError } from './batch/batch-error.ts';
import { registerBench } from './commands/bench.ts';
import { registerDeploy } from './commands/deploy.ts';
import { registerDestroy } from './commands/destroy.ts';
import { registerEstimate } from './commands/estimate.ts';
import { registerRedrive } from './commands/redrive.ts';
import { registerReport } from './commands/report.ts';
import { registerRetry } from './commands/retry.ts';
import { registerRun, registerStart } from './commands/run.ts';
import { registerSample } from './commands/sample.ts';
import { registerServe } from './commands/serve.ts';
import { registerStatus } from './commands/status.ts';
import { registerStudio } from './commands/studio.ts';
import { registerSubmit } from './commands/submit.ts';
import { registerUp } from './commands/up.ts';
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
registerServe(program);
registerBench(program);
registerEstimate(program);
registerDeploy(program);
registerSubmit(program);
registerStatus(program);
registerReport(program);
registerRetry(program);
registerRedrive(program);
registerUp(program);
registerDestroy(program);
registerStudio(program);

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
  const isOurs = error instanceof RunError || error instanceof BatchError;
  return error instanceof UsageError || (isOurs && error.isUsage) ? EXIT_USAGE : EXIT_FAILED;
}
