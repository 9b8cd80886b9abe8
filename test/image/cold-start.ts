import { setTimeout as sleep } from 'node:timers/promises';
import { sqsEvent, sqsRecord } from '#test/support/lambda-events.ts';
import type { ContainerTool, RunningImage } from './container-tool.ts';
import { findWorker, type ProcessFacts, processFacts } from './process-facts.ts';
import { ImageError } from './run-tool.ts';
import { startRuntimeApi } from './runtime-api.ts';

/** A photo in a bucket, and where its results go. */
export interface Job {
  readonly endpoint: string;
  readonly bucket: string;
  readonly key: string;
  readonly cutouts: string;
}

/** A worker's first minute: what it had used when it asked for its first event, and when it had answered it. */
export interface ColdStart {
  /** Undefined where another user's processes can't be looked at. */
  readonly opened: ProcessFacts | undefined;
  readonly answered: ProcessFacts | undefined;
}

const FUNCTION_TIMEOUT_MS = 120_000;

/** What Lambda tells each function of itself, and the function's own settings. */
function environment({ endpoint, cutouts }: Job, runtimeApi: string): Record<string, string> {
  return {
    AWS_LAMBDA_RUNTIME_API: runtimeApi,
    AWS_LAMBDA_FUNCTION_NAME: 'remove-background',
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '2048',
    AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/remove-background',
    AWS_LAMBDA_LOG_STREAM_NAME: '$LATEST',
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL: endpoint,
    CUTLINE_CUTOUTS: cutouts,
  };
}

/**
 * Starts an image's own entrypoint, hands it one SQS message about a photo and waits for its answer.
 *
 * @throws {ImageError} with what the function logged, when it ends early, takes too long, or hands the message back.
 */
export async function coldStart(tool: ContainerTool, image: string, job: Job): Promise<ColdStart> {
  const event = sqsEvent(sqsRecord('1', { bucket: job.bucket, key: job.key }));
  const api = await startRuntimeApi({ event, timeoutMs: FUNCTION_TIMEOUT_MS });
  const env = environment(job, api.address);
  const running = await tool.start(image, env);
  const log: string[] = [];
  running.process.stdout?.setEncoding('utf8').on('data', (text: string) => log.push(text));
  running.process.stderr?.setEncoding('utf8').on('data', (text: string) => log.push(text));
  try {
    await unlessEnded(api.started, running);
    const worker = findWorker(env);
    const look = (): ProcessFacts | undefined => (worker === undefined ? undefined : processFacts(worker));
    const opened = look();
    const { kind, body } = await unlessEnded(api.answered, running);
    const answered = look();
    const failures = JSON.stringify(body);
    if (kind !== 'response' || failures !== '{"batchItemFailures":[]}') {
      throw new ImageError(`Expected the function to take its message, got ${kind} ${failures}`);
    }
    return { opened, answered };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ImageError(`${reason}\nIt logged:\n${log.join('')}`, { cause: error });
  } finally {
    await running.stop();
    api.close();
  }
}

async function unlessEnded<T>(wanted: Promise<T>, { process }: RunningImage): Promise<T> {
  const done = new AbortController();
  const tooLate = sleep(FUNCTION_TIMEOUT_MS, undefined, { signal: done.signal }).then(() => {
    throw new ImageError(`Expected the function to answer within ${FUNCTION_TIMEOUT_MS / 1000} s, got nothing`);
  });
  const ended = new Promise<never>((_, reject) => {
    const end = (code: number | null): void => {
      reject(new ImageError(`Expected the function to stay, got exit code ${code}`));
    };
    process.once('exit', end);
    done.signal.addEventListener('abort', () => process.off('exit', end));
  });
  try {
    return await Promise.race([wanted, ended, tooLate]);
  } finally {
    done.abort();
    tooLate.catch(() => {});
  }
}
