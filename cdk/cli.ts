#!/usr/bin/env -S node --disable-warning=ExperimentalWarning
import { CommanderError } from 'commander';
import { letReaderGo } from '#models/commands/let-reader-go.ts';
import { keepCompiledSources } from '#models/compile-cache.ts';
import { BatchError } from './batch/batch-error.ts';
import { makeProgram } from './commands/program.ts';
import { UsageError } from './commands/usage-error.ts';
import { RunError } from './local/run-error.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

const program = makeProgram();

letReaderGo();
keepCompiledSources();

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
