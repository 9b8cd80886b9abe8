import { Command } from 'commander';
import { registerBench } from './bench.ts';
import { registerDeploy } from './deploy.ts';
import { registerDestroy } from './destroy.ts';
import { registerEstimate } from './estimate.ts';
import { registerRedrive } from './redrive.ts';
import { registerReport } from './report.ts';
import { registerRetry } from './retry.ts';
import { registerRun, registerStart } from './run.ts';
import { registerSample } from './sample.ts';
import { registerServe } from './serve.ts';
import { registerStatus } from './status.ts';
import { registerStudio } from './studio.ts';
import { registerSubmit } from './submit.ts';
import { registerUp } from './up.ts';
import { registerVerify } from './verify.ts';

/** The whole command line. What a command works with is loaded when it runs. */
export function makeProgram(): Command {
  const program = new Command('cutline')
    .description('Cuts the background out of whole product catalogues, unattended.')
    .exitOverride();
  const all = [
    registerRun,
    registerStart,
    registerSample,
    registerVerify,
    registerServe,
    registerBench,
    registerEstimate,
    registerDeploy,
    registerSubmit,
    registerStatus,
    registerReport,
    registerRetry,
    registerRedrive,
    registerUp,
    registerDestroy,
    registerStudio,
  ];
  for (const register of all) register(program);
  return program;
}
