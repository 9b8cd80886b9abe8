import type { Place } from './place.ts';
import { costUsd, storageUsdPerMonth } from './prices.ts';

/** What a photo takes and leaves, and where that is known from. */
export interface PhotoCost {
  /** One worker's time. */
  readonly seconds: number;
  /** Cutouts' bytes for each byte of the photos' files. */
  readonly bytesOut: number;
  /** For a person to judge by. */
  readonly from: string;
}

export interface Estimate {
  readonly photos: number;
  readonly photoSeconds: number;
  /** On this machine. */
  readonly localSeconds: number;
  readonly localWorkers: number;
  /** On AWS, from the first message to the last record. */
  readonly awsSeconds: number;
  readonly awsUsd: number;
  /** Null where the photos' bytes are not known. */
  readonly storageUsdPerMonth: number | null;
}

/**
 * Measured on two AMD EPYC cores without AVX-512, PNG out: IS-Net 4.0 s of CPU a photo (`npm run bench`), U2-Net-P 0.7 s
 * (`cutline run`, the sample catalogue). Between them it is nearly a straight line in the network's multiplications: U2-Net lies
 * within a tenth of it.
 */
const MEASURED = { baseSeconds: 0.3, secondsPerGigaMac: 0.0225, bytesOut: 8 } as const;

/** @param macs Multiply-accumulates of the network, as its manifest says. */
export function measuredPhotoCost(macs: number, model: string): PhotoCost {
  const { baseSeconds, secondsPerGigaMac, bytesOut } = MEASURED;
  const seconds = baseSeconds + (macs / 1e9) * secondsPerGigaMac;
  return { seconds, bytesOut, from: `${model}, measured on the sample catalogue, one x86_64 core` };
}

/** Lambda begins a queue's work with five workers and adds 300 a minute (AWS's guide to SQS event sources). */
const FIRST_WORKERS = 5;
const WORKERS_PER_SECOND = 300 / 60;
/** A new worker loads its network first. */
const COLD_START_SECONDS = 6;

/** What so many photos take and cost before any of them is touched. */
export function estimate(
  source: { readonly photos: number; readonly bytes: number | null },
  {
    cost,
    place,
    localWorkers,
  }: {
    readonly cost: PhotoCost;
    readonly place: Pick<Place, 'memoryMb' | 'architecture' | 'maxConcurrency'>;
    readonly localWorkers: number;
  },
): Estimate {
  const { photos, bytes } = source;
  const seconds = photos * cost.seconds;
  const workers = Math.max(1, Math.min(place.maxConcurrency, photos));
  const coldStarts = workers * COLD_START_SECONDS;
  return {
    photos,
    photoSeconds: cost.seconds,
    localSeconds: seconds / Math.min(localWorkers, photos),
    localWorkers,
    awsSeconds: COLD_START_SECONDS + secondsWith(workers, seconds),
    awsUsd: costUsd({ photos, seconds: seconds + coldStarts }, place),
    storageUsdPerMonth: bytes === null ? null : storageUsdPerMonth(bytes * cost.bytesOut),
  };
}

/** How long so many seconds of work take while workers are still being added. */
function secondsWith(workers: number, workSeconds: number): number {
  const first = Math.min(workers, FIRST_WORKERS);
  const rampSeconds = (workers - first) / WORKERS_PER_SECOND;
  const doneInRamp = ((first + workers) / 2) * rampSeconds;
  if (workSeconds >= doneInRamp) return rampSeconds + (workSeconds - doneInRamp) / workers;
  // first * t + rate * t² / 2 = work
  return (Math.sqrt(first ** 2 + 2 * WORKERS_PER_SECOND * workSeconds) - first) / WORKERS_PER_SECOND;
}
