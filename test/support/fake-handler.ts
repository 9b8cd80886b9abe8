import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { PhotoRecord } from '../../functions/contract/record.ts';

/**
 * Stands in for the real handler: no network, same contract. What happens to a photo is the first word of its file name:
 * `crash`, `hang`, `throw`, `busy` (its thread is blocked for good), `retry` (always), `flaky` (on the first attempt only), `full`, `reject`; any other is done.
 * Every photo it takes in hand is written to `journal.txt`, every one it makes to `made.txt`.
 */
const { CUTLINE_CUTOUTS: dst = '', FAKE_PHOTO_MS: photoMs = '0', FAKE_BROKEN } = process.env;
if (FAKE_BROKEN === 'stuck') await new Promise(() => setInterval(() => {}, 1000));
if (FAKE_BROKEN !== undefined) throw new Error('Expected a model, got none');

export async function handler(event: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  console.log(`${context.getRemainingTimeInMillis()} ms left`);
  const batchItemFailures: SQSBatchResponse['batchItemFailures'] = [];
  note('batches.txt', String(event.Records.length));
  for (const { body, messageId, attributes } of event.Records) {
    const { key }: { key: string } = JSON.parse(body);
    const attempt = Number(attributes.ApproximateReceiveCount);
    if (!(await finishes(key, attempt))) batchItemFailures.push({ itemIdentifier: messageId });
  }
  return { batchItemFailures };
}

/** @returns Whether the message is finished. */
async function finishes(key: string, attempt: number): Promise<boolean> {
  note('journal.txt', `${key} ${attempt} ${process.pid}`);
  const [fate] = basename(key).split(/[^a-z]/);
  if (fate === 'crash') process.kill(process.pid, 'SIGKILL');
  if (fate === 'busy') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  if (fate === 'hang') await new Promise(() => setInterval(() => {}, 1000));
  if (fate === 'throw') throw new Error('Nothing works');
  if (fate === 'retry' || (fate === 'flaky' && attempt === 1)) return giveBack(key, 'throttled', 'The store is busy.');
  if (fate === 'full') return giveBack(key, 'disk_full', 'There is no room left.');

  const path = join(dst, 'records', `${key}.json`);
  const isThere = existsSync(path);
  if (!isThere) {
    await new Promise((resolve) => setTimeout(resolve, Number(photoMs)));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, JSON.stringify(fate === 'reject' ? rejectedRecord(key) : doneRecord(key)));
    note('made.txt', key);
  }
  log({ key, outcome: isThere ? 'unchanged' : fate === 'reject' ? 'rejected' : 'done' });
  return true;
}

function giveBack(key: string, code: string, reason: string): false {
  log({ key, outcome: 'retry', code, reason });
  return false;
}

function log(facts: object): void {
  console.log(JSON.stringify({ level: 'INFO', message: 'photo', bucket: 'photos', ...facts }));
}

function note(file: string, line: string): void {
  appendFileSync(join(dst, file), `${line}\n`);
}

const common = (key: string) => ({
  schema: 1 as const,
  source: { bucket: 'photos', key, etag: 'e', bytes: 1 },
  model: { id: 'fake', sha256: '0'.repeat(64) },
  preset: 'default',
  fingerprint: 'f',
  attempt: 1,
  timesMs: {},
});

function doneRecord(key: string): PhotoRecord {
  const mask = { coverage: 0.5, box: null, touches: [], parts: 1 };
  const output = {
    key: `cutouts/${key}.png`,
    preset: 'default',
    format: 'png',
    width: 1,
    height: 1,
    bytes: 1,
  } as const;
  return {
    ...common(key),
    status: 'done',
    verdict: 'ok',
    confidence: 1,
    reasons: [],
    mask,
    outputs: [{ ...output, sha256: '0'.repeat(64) }],
  };
}

function rejectedRecord(key: string): PhotoRecord {
  return {
    ...common(key),
    status: 'rejected',
    verdict: 'rejected',
    code: 'corrupt',
    message: 'The file is damaged.',
    outputs: [],
  };
}
