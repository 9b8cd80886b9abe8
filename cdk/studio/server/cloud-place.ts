import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { recordKey } from '#functions/contract/output-keys.ts';
import { S3Store } from '#functions/remove-background/s3-store.ts';
import type { BatchManifest } from '../../batch/batch-manifest.ts';
import type { Cloud } from '../../batch/cloud.ts';
import { forEachAtOnce, listObjects, statusOf } from '../../batch/objects.ts';
import type { Place } from '../../batch/place.ts';
import { sendJobs } from '../../batch/send-jobs.ts';
import { freeName } from './free-name.ts';
import type { FoundPhoto, ListedRecord, StoredFile, StudioStore, WorkObserver, WorkRequest } from './studio-store.ts';

export interface CloudPlaceOptions {
  /** Shows the photos of this batch alone. @default everything in the bucket */
  readonly manifest?: BatchManifest | undefined;
}

const LOOK_EVERY_MS = 2_000;
const RECORDS = 'records/';
/** Photos that come in here stay apart from others' in the bucket. */
const UPLOADS = 'studio/';

/** A deployed stack, or one on an emulator, with the credentials of whoever started the studio. */
export function openCloudPlace(cloud: Cloud, place: Place, { manifest }: CloudPlaceOptions = {}): StudioStore {
  return new CloudPlace(cloud, place, manifest);
}

class CloudPlace implements StudioStore {
  readonly kind = 'cloud';
  /** The workers over there carry one. */
  readonly canChooseModel = false;
  readonly title: string;
  readonly reported = null;
  readonly #cloud: Cloud;
  readonly #place: Place;
  readonly #results: S3Store;
  /** Keys of the batch that is shown, and of photos that came in here. */
  readonly #shown: Set<string> | null;

  constructor(cloud: Cloud, place: Place, manifest: BatchManifest | undefined) {
    this.title =
      manifest === undefined ? `s3://${place.cutoutsBucket}` : `${manifest.id} - s3://${place.cutoutsBucket}`;
    this.#cloud = cloud;
    this.#place = place;
    this.#results = new S3Store(cloud.s3, { cutouts: place.cutoutsBucket });
    this.#shown = manifest === undefined ? null : new Set(manifest.photos.map(({ key }) => key));
  }

  async listRecords(): Promise<readonly ListedRecord[]> {
    const listed: ListedRecord[] = [];
    for await (const object of listObjects(this.#cloud.s3, this.#place.cutoutsBucket, RECORDS)) {
      const key = object.key.slice(RECORDS.length, -'.json'.length);
      if (this.#shown === null || this.#shown.has(key)) listed.push({ key, stamp: object.etag });
    }
    return listed;
  }

  async readResult(key: string): Promise<StoredFile | null> {
    return await this.#results.readResult(key);
  }

  async readPhoto({ key, bucket }: { readonly bucket: string; readonly key: string }): Promise<FoundPhoto | null> {
    return await this.#results.readPhoto({ bucket, key });
  }

  async writeResult(
    key: string,
    bytes: Uint8Array,
    options: { readonly contentType: string; readonly expected: string | null },
  ): Promise<boolean> {
    return await this.#results.writeResult(key, bytes, options);
  }

  async deleteResult(key: string): Promise<void> {
    await this.#results.deleteResult(key);
  }

  /** Uploaded when it is sent: an upload sends itself. */
  async addPhoto(name: string, file: string): Promise<string> {
    const key = await freeName(name, async (candidate) => !(await this.#isThere(UPLOADS + candidate)));
    const { photosBucket } = this.#place;
    const put = { Bucket: photosBucket, Key: UPLOADS + key, Body: await readFile(file), IfNoneMatch: '*' };
    await this.#cloud.s3.send(new PutObjectCommand(put));
    this.#shown?.add(UPLOADS + key);
    return UPLOADS + key;
  }

  async work({ keys, choice }: WorkRequest, observer: WorkObserver, signal: AbortSignal): Promise<string | null> {
    const preset = choice.presets.join(',');
    const bucket = this.#place.photosBucket;
    const before = await this.#stamps(keys);
    await sendJobs(
      this.#cloud.sqs,
      this.#place.photoQueueUrl,
      keys.map((key) => ({ bucket, key, preset })),
    );
    const waiting = new Set(keys);
    while (waiting.size > 0 && !signal.aborted) {
      const now = await this.#stamps([...waiting]);
      for (const [key, stamp] of now) {
        if (stamp === null || stamp === before.get(key)) continue;
        waiting.delete(key);
        observer.onPhoto(key);
      }
      observer.onProgress({ finished: keys.length - waiting.size, total: keys.length });
      if (waiting.size > 0) await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => {});
    }
    return null;
  }

  async close(): Promise<void> {}

  async #stamps(keys: readonly string[]): Promise<Map<string, string | null>> {
    const etags = await forEachAtOnce(keys, (key) => this.#results.resultEtag(recordKey(key)));
    return new Map(keys.map((key, i) => [key, etags[i] ?? null]));
  }

  async #isThere(key: string): Promise<boolean> {
    try {
      await this.#cloud.s3.send(new HeadObjectCommand({ Bucket: this.#place.photosBucket, Key: key }));
      return true;
    } catch (error) {
      if (statusOf(error) === 404) return false;
      throw error;
    }
  }
}
