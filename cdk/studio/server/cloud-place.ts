import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { Edges } from '#functions/contract/edges.ts';
import { recordKey } from '#functions/contract/output-keys.ts';
import { photoMetadata } from '#functions/contract/photo-metadata.ts';
import { S3Store } from '#functions/remove-background/s3-store.ts';
import type { BatchManifest } from '../../batch/batch-manifest.ts';
import type { Cloud } from '../../batch/cloud.ts';
import { countMessages } from '../../batch/failed-photos.ts';
import { forEachAtOnce, listObjects, statusOf } from '../../batch/objects.ts';
import type { Place } from '../../batch/place.ts';
import { sendJobs } from '../../batch/send-jobs.ts';
import type { Choice } from '../protocol.ts';
import { freeName } from './free-name.ts';
import type { FoundPhoto, ListedRecord, StoredFile, StudioStore, WorkObserver, WorkRequest } from './studio-store.ts';

export interface CloudPlaceOptions {
  /** Shows the photos of this batch alone. @default everything in the bucket */
  readonly manifest?: BatchManifest | undefined;
}

const LOOK_EVERY_MS = 2_000;
/** The queue's counts lag a little behind. */
const IDLE_LOOKS = 3;
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
  /** Photos that have come in and are not uploaded yet. */
  readonly #waiting = new Map<string, Uint8Array>();

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

  /** An upload sends itself, with the presets of its object: so it is not uploaded before those are known. */
  async addPhoto(name: string, file: string): Promise<string> {
    const key = await freeName(name, async (candidate) => {
      const taken = UPLOADS + candidate;
      return !this.#waiting.has(taken) && !(await this.#isThere(taken));
    });
    this.#waiting.set(UPLOADS + key, await readFile(file));
    this.#shown?.add(UPLOADS + key);
    return UPLOADS + key;
  }

  async work({ keys, choice }: WorkRequest, observer: WorkObserver, signal: AbortSignal): Promise<string | null> {
    const before = await this.#stamps(keys);
    await this.#upload(keys, choice);
    const { photosBucket: bucket, photoQueueUrl } = this.#place;
    const edges = Edges.safeParse(choice.edges).data;
    const asked = { bucket, preset: choice.presets.join(','), ...(edges === undefined ? {} : { edges }) };
    // An upload outside the rule's prefix sends nothing, and a second message about the same costs a look.
    const jobs = keys.map((key) => ({ ...asked, key }));
    await sendJobs(this.#cloud.sqs, photoQueueUrl, jobs);

    const waiting = new Set(keys);
    let idleLooks = 0;
    while (waiting.size > 0 && idleLooks < IDLE_LOOKS && !signal.aborted) {
      await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => {});
      idleLooks = (await countMessages(this.#cloud, photoQueueUrl)) === 0 ? idleLooks + 1 : 0;
      for (const [key, stamp] of await this.#stamps([...waiting])) {
        if (stamp === null || stamp === before.get(key)) continue;
        waiting.delete(key);
        observer.onPhoto(key);
      }
      const finished = keys.length - (idleLooks < IDLE_LOOKS ? waiting.size : 0);
      observer.onProgress({ finished, total: keys.length });
    }
    if (!signal.aborted) await this.#explain([...waiting], observer);
    return null;
  }

  async close(): Promise<void> {}

  async #upload(keys: readonly string[], choice: Choice): Promise<void> {
    const { photosBucket } = this.#place;
    const Metadata = photoMetadata({ preset: choice.presets.join(',') });
    for (const key of keys) {
      const bytes = this.#waiting.get(key);
      if (bytes === undefined) continue;
      await this.#cloud.s3.send(new PutObjectCommand({ Bucket: photosBucket, Key: key, Body: bytes, Metadata }));
      this.#waiting.delete(key);
    }
  }

  /** The queue is empty: photos whose record did not change have nothing to do, and those without one failed. */
  async #explain(keys: readonly string[], { onPhoto, onFailure }: WorkObserver): Promise<void> {
    for (const [key, stamp] of await this.#stamps(keys)) {
      const message = 'The photo failed each time it was tried: cutline redrive gives it another chance.';
      if (stamp === null) onFailure({ key, code: 'attempts_used_up', message });
      else onPhoto(key);
    }
  }

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
