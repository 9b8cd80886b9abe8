import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { type TestContext, test as vitestTest } from 'vitest';
import type { BatchManifest } from '#cdk/batch/batch-manifest.ts';
import { type BatchOutcome, type RecordCache, readOutcomes } from '#cdk/batch/batch-outcomes.ts';
import { type Cloud, openCloud } from '#cdk/batch/cloud.ts';
import { createEmulated } from '#cdk/batch/create-emulated.ts';
import { countMessages } from '#cdk/batch/failed-photos.ts';
import { readObject } from '#cdk/batch/objects.ts';
import type { Place } from '#cdk/batch/place.ts';
import { readSource } from '#cdk/batch/read-source.ts';
import { type Submitted, submitBatch } from '#cdk/batch/submit-batch.ts';
import { workQueue } from '#cdk/batch/work-queue.ts';
import type { DoubtSettings } from '#cdk/doubt-environment.ts';
import type { PhotoLine } from '#cdk/local/photo-line.ts';
import { recordKey } from '#functions/contract/output-keys.ts';
import { PhotoRecord } from '#functions/contract/record.ts';
import { sharp } from '#functions/imaging/codec.ts';
import { startEmulator } from './emulator.ts';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import { synthesizeStack } from './synthesized-stack.ts';
import { writeTinyModel } from './tiny-model.ts';

/** The synthesized stack on an emulator, with workers of this machine behind a proxy that a test can make fail. */
export interface EmulatedStage {
  readonly work: string;
  readonly cloud: Cloud;
  readonly place: Place;
  readonly proxy: FaultProxy;
  /** What the workers said of each photo, as it came. */
  readonly lines: readonly PhotoLine[];
  readonly put: (key: string, bytes: Uint8Array) => Promise<void>;
  /** Sends a message; a text goes as it is. */
  readonly send: (body: unknown) => Promise<void>;
  readonly submit: (source: string, id?: string) => Promise<Submitted>;
  readonly folderOf: (files: Readonly<Record<string, Uint8Array>>) => Promise<string>;
  readonly recordOf: (key: string) => Promise<PhotoRecord | null>;
  /** Waits until every photo has ended. */
  readonly ended: (manifest: BatchManifest) => Promise<readonly BatchOutcome[]>;
  /** Waits until no message is left or in hand. */
  readonly idle: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

const LOOK_EVERY_MS = 200;

interface StageOptions {
  readonly workers: number;
  /** Holds what the workers carry. @default a tiny network */
  readonly modelFolder?: string;
  readonly doubts?: DoubtSettings;
}

/** @returns Null where there is no emulator. */
export async function startStage({ workers, ...options }: StageOptions): Promise<EmulatedStage | null> {
  const emulator = await startEmulator();
  if (emulator === null) return null;
  const work = await mkdtemp(join(tmpdir(), 'cutline-emulator-'));
  const cloud = openCloud({ endpoint: emulator.endpoint });
  const place = await createEmulated(cloud, 'dev', synthesizeStack(work).toJSON());
  const modelFolder = options.modelFolder ?? (await writeTinyModel(join(work, 'model')));
  const proxy = await startFaultProxy(emulator.endpoint);
  const end = new AbortController();
  const lines: PhotoLine[] = [];
  const working = workQueue(openCloud({ endpoint: proxy.endpoint }), place, {
    workers,
    modelFolder,
    doubts: options.doubts ?? {},
    signal: end.signal,
    backoffMs: () => 0,
    onPhoto: (line) => lines.push(line),
  });
  const stop = async () => {
    end.abort();
    await working;
    await proxy.close();
    emulator.stop();
    await rm(work, { recursive: true });
  };
  return { ...actions({ work, cloud, place }), work, cloud, place, proxy, lines, stop };
}

function actions({
  work,
  cloud,
  place,
}: Pick<EmulatedStage, 'work' | 'cloud' | 'place'>): Omit<
  EmulatedStage,
  'work' | 'cloud' | 'place' | 'proxy' | 'lines' | 'stop'
> {
  return {
    put: async (Key, Body) => {
      await cloud.s3.send(new PutObjectCommand({ Bucket: place.photosBucket, Key, Body }));
    },
    send: async (body) => {
      const MessageBody = typeof body === 'string' ? body : JSON.stringify(body);
      await cloud.sqs.send(new SendMessageCommand({ QueueUrl: place.photoQueueUrl, MessageBody }));
    },
    submit: async (text, id) => {
      const source = await readSource(text, cloud, { photosBucket: place.photosBucket });
      const submission = { text, source, id };
      return await submitBatch(cloud, place, { submission, confirm: async () => true, now: () => new Date() });
    },
    folderOf: async (files) => {
      const folder = await mkdtemp(join(work, 'photos-'));
      for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
      return folder;
    },
    recordOf: async (key) => {
      const bytes = await readObject(cloud.s3, { bucket: place.cutoutsBucket, key: recordKey(key) });
      return bytes === null ? null : PhotoRecord.parse(JSON.parse(new TextDecoder().decode(bytes)));
    },
    ended: async (manifest) => {
      const cache: RecordCache = new Map();
      for (;;) {
        const outcomes = await readOutcomes(cloud, place, { manifest, cache });
        if (outcomes.every(({ status }) => status !== 'waiting')) return outcomes;
        await sleep(LOOK_EVERY_MS);
      }
    },
    idle: async () => {
      while ((await countMessages(cloud, place.photoQueueUrl)) > 0) await sleep(LOOK_EVERY_MS);
    },
  };
}

/** A small photo of one grey, so that each is another one. */
export async function greyPhoto(grey: number): Promise<Buffer> {
  const background = { r: grey, g: grey, b: grey };
  return await sharp({ create: { width: 40, height: 30, channels: 3, background } })
    .jpeg()
    .toBuffer();
}

/** A test that says so where there is no emulator. */
export function testOn(
  stage: () => EmulatedStage | null,
  { timeoutMs = 120_000 }: { readonly timeoutMs?: number } = {},
) {
  return (name: string, run: (stage: EmulatedStage) => Promise<void>): void => {
    vitestTest(
      name,
      async (context: TestContext) => {
        const started = stage();
        if (started === null) return context.skip('NOT RUN: there is no emulator, because Python is missing');
        await run(started);
      },
      timeoutMs,
    );
  };
}
