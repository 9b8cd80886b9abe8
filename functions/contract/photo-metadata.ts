import type { CutoutJob } from './job.ts';

/** What an upload says of its photo in S3's user metadata, where there is no message to say it. */
type Told = Pick<CutoutJob, 'preset' | 'sku' | 'batchId'>;

/** Names as S3 gives them back: in lower case, without `x-amz-meta-`. */
export const PHOTO_METADATA = {
  preset: 'cutline-preset',
  sku: 'cutline-sku',
  batchId: 'cutline-batch',
} as const satisfies Record<keyof Told, string>;

/** @returns The metadata to upload a photo with. S3 takes ASCII alone, so a sku comes URL-encoded. */
export function photoMetadata({ preset, sku, batchId }: Told): Record<string, string> {
  return {
    ...(preset === undefined ? {} : { [PHOTO_METADATA.preset]: preset }),
    ...(sku === undefined ? {} : { [PHOTO_METADATA.sku]: encodeURIComponent(sku) }),
    ...(batchId === undefined ? {} : { [PHOTO_METADATA.batchId]: batchId }),
  };
}

/** @returns Whose photo it is, as far as its metadata says so. */
export function toldByMetadata(metadata: Readonly<Record<string, string>>): Pick<Told, 'sku' | 'batchId'> {
  const { [PHOTO_METADATA.sku]: sku, [PHOTO_METADATA.batchId]: batchId } = metadata;
  return {
    ...(sku === undefined ? {} : { sku: decoded(sku) }),
    ...(batchId === undefined ? {} : { batchId }),
  };
}

/** Somebody else's upload may carry a plain sku with a `%` in it. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
