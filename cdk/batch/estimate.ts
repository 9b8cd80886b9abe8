import { MB_PER_VCPU, MEASURED_MODELS, type MeasuredModel } from './measured-models.ts';
import type { Place } from './place.ts';
import { costUsd, storageUsdPerMonth } from './prices.ts';

/** What a photo takes and leaves, and where that is known from. */
export interface PhotoCost {
  /** One worker's time. */
  readonly seconds: number;
  /** Whether that is time of a whole core, which a small function on AWS does not have. @default false: it was seen there */
  readonly isCpuTime?: boolean;
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

/** Cutouts as PNG, of the sample catalogue. */
const BYTES_OUT = 8;

/** What a photo takes with a network that was measured; undefined for any other. */
export function measuredPhotoCost(model: string): PhotoCost | undefined {
  const measured = MEASURED_MODELS[model];
  if (measured === undefined) return undefined;
  return { seconds: middle(measured), bytesOut: BYTES_OUT, isCpuTime: true, from: `${model}, ${MEASURED_HOW}` };
}

const MEASURED_HOW = 'measured on one x86_64 core with AVX-512, photos of 2 to 12 megapixels';

/**
 * What a photo takes with a network that was not measured: reckoned by its multiplications, on the straight line between the two
 * measured networks of float32 around it, or the nearest two.
 *
 * @param macs Multiply-accumulates of one run, as its manifest says.
 */
export function interpolatedPhotoCost(macs: number, model: string): PhotoCost {
  const gigaMacs = macs / 1e9;
  const known = Object.entries(MEASURED_MODELS)
    .filter(([, { is8Bit }]) => !is8Bit)
    .sort(([, one], [, other]) => one.gigaMacs - other.gigaMacs);
  const above = known.findIndex(([, network]) => network.gigaMacs >= gigaMacs);
  const upper = above === -1 ? known.length - 1 : Math.max(above, 1);
  const [low, high] = [known[upper - 1], known[upper]];
  if (low === undefined || high === undefined) throw new Error('Expected two measured networks of float32');
  const share = (gigaMacs - low[1].gigaMacs) / (high[1].gigaMacs - low[1].gigaMacs);
  const seconds = middle(low[1]) + share * (middle(high[1]) - middle(low[1]));
  const from = `${model} was not measured: reckoned by its multiplications from ${low[0]} and ${high[0]}, ${MEASURED_HOW}`;
  // A network of no multiplications still has its photos decoded and encoded.
  return { seconds: Math.max(seconds, FEWEST_SECONDS), bytesOut: BYTES_OUT, isCpuTime: true, from };
}

const FEWEST_SECONDS = 0.2;

function middle({ cpuSeconds: [at2, at12] }: MeasuredModel): number {
  return (at2 + at12) / 2;
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
  const slower = cost.isCpuTime === true ? Math.max(1, MB_PER_VCPU / place.memoryMb) : 1;
  const workers = Math.max(1, Math.min(place.maxConcurrency, photos));
  const coldStarts = workers * COLD_START_SECONDS;
  return {
    photos,
    photoSeconds: cost.seconds,
    localSeconds: seconds / Math.min(localWorkers, photos),
    localWorkers,
    awsSeconds: COLD_START_SECONDS + secondsWith(workers, seconds * slower),
    awsUsd: costUsd({ photos, seconds: seconds * slower + coldStarts }, place),
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
