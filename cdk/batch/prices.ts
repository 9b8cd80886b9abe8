import type { Place } from './place.ts';

/**
 * AWS's list prices in US dollars, us-east-1, without the free tier, from secondary copies as of November 2026 (AWS's own:
 * https://aws.amazon.com/lambda/pricing, /s3/pricing, /sqs/pricing). Other regions cost up to a third more.
 */
const USD = {
  gigabyteSecond: { arm64: 0.0000133334, x86_64: 0.0000166667 },
  invocation: 0.2e-6,
  put: 5e-6,
  get: 0.4e-6,
  message: 0.4e-6,
  gigabyteMonth: 0.023,
} as const;

/** A photo's calls, counted in the code and not measured: a cutout and a record written, and looked at before; a message sent, received and removed. */
const CALLS = { put: 2, get: 5, message: 3 } as const;
const MB_PER_GB = 1_024;
const BYTES_PER_GB = 1_024 ** 3;

/** What so many photos cost whose work took so many seconds in all, in US dollars; without storage and transfer. */
export function costUsd(
  work: { readonly photos: number; readonly seconds: number },
  { memoryMb, architecture }: Pick<Place, 'memoryMb' | 'architecture'>,
): number {
  const compute = work.seconds * (memoryMb / MB_PER_GB) * USD.gigabyteSecond[architecture];
  const requests = USD.invocation + CALLS.put * USD.put + CALLS.get * USD.get + CALLS.message * USD.message;
  return compute + work.photos * requests;
}

/** What it costs to keep so many bytes in S3 Standard for a month, in US dollars. */
export function storageUsdPerMonth(bytes: number): number {
  return (bytes / BYTES_PER_GB) * USD.gigabyteMonth;
}

/** @returns e.g. `about $0.42`, `about $1,280`, `less than $0.01`. */
export function dollars(usd: number): string {
  if (usd > 0 && usd < 0.01) return 'less than $0.01';
  const digits = usd < 100 ? 2 : 0;
  return `about $${usd.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })}`;
}
