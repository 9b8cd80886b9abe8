import { z } from 'zod';
import { Edges } from './edges.ts';
import { PresetList } from './preset.ts';
import { Region } from './region.ts';

/** One photo to cut out. Everything but its address is optional. */
export const CutoutJob = z
  .strictObject({
    bucket: z.string().min(1),
    key: z.string().min(1).max(1024),
    /** An id, or several with commas: all are made of one decode and one segmentation. */
    preset: z.string().optional(),
    /** Whole presets instead of ids: every option of the command line is one of their fields. */
    presets: PresetList.optional(),
    /** Where in this photo the subject may be, instead of what its presets say. */
    roi: Region.optional(),
    /** Instead of what the presets say. */
    edges: Edges.optional(),
    model: z.string().optional(),
    /** The bigger model that doubtful photos go through, or `none`. @default the one the workers carry, if any */
    escalate: z.string().optional(),
    batchId: z.string().optional(),
    sku: z.string().optional(),
  })
  .refine(({ preset, presets }) => preset === undefined || presets === undefined, {
    path: ['presets'],
    message: 'Expected either preset or presets, got both',
  });
export type CutoutJob = z.infer<typeof CutoutJob>;

const S3Notification = z.object({
  Records: z.array(
    z.object({
      eventName: z.string(),
      s3: z.object({ bucket: z.object({ name: z.string() }), object: z.object({ key: z.string() }) }),
    }),
  ),
});

const S3TestEvent = z.object({ Event: z.literal('s3:TestEvent') });

const EventBridgeEvent = z.object({
  'detail-type': z.string(),
  source: z.literal('aws.s3'),
  detail: z.object({ bucket: z.object({ name: z.string() }), object: z.object({ key: z.string() }) }),
});

/** A queue message that no retry can turn into a job: it ends in the dead-letter queue, where a person finds it. */
export class InvalidJobError extends Error {
  override readonly name = 'InvalidJobError';
  readonly code = 'invalid_job';
  readonly retryable = false;
}

/**
 * Reads the jobs out of one SQS message body.
 *
 * Knows S3 notifications of any 2.x version (several records a body; keys URL-decoded with `+` as space), EventBridge's
 * "Object Created" (keys as they are), S3's test event (no job) and a direct job `{bucket, key, ...}`.
 *
 * @returns The jobs, possibly none. @throws {InvalidJobError} when the body is none of these.
 */
export function parseJobs(body: string): CutoutJob[] {
  const message = parseJson(body);
  if (S3TestEvent.safeParse(message).success) return [];

  const notification = S3Notification.safeParse(message);
  if (notification.success) {
    return notification.data.Records.filter((record) => record.eventName.includes('ObjectCreated')).map(({ s3 }) =>
      validJob({ bucket: s3.bucket.name, key: decodeKey(s3.object.key) }, body),
    );
  }

  const event = EventBridgeEvent.safeParse(message);
  if (event.success) {
    const { bucket, object } = event.data.detail;
    if (event.data['detail-type'] !== 'Object Created') return [];
    return [validJob({ bucket: bucket.name, key: object.key }, body)];
  }

  return [validJob(message, body)];
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new InvalidJobError(`Expected JSON in the queue message, got ${excerpt(body)}`, { cause });
  }
}

function validJob(value: unknown, body: string): CutoutJob {
  const job = CutoutJob.safeParse(value);
  if (!job.success) {
    const wrong = job.error.issues.map((issue) => `${issue.path.join('.') || 'message'}: ${issue.message}`).join('; ');
    throw new InvalidJobError(
      `Expected an S3 notification, an EventBridge event or {bucket, key} in the queue message, got ${excerpt(body)} (${wrong})`,
    );
  }
  // Keys become paths in the folder store and names in the cutouts bucket: one that climbs out of its folder is an attack.
  if (
    job.data.key.includes('\0') ||
    job.data.key.split(/[/\\]/).some((segment) => segment === '..' || segment === '.')
  ) {
    throw new InvalidJobError(`Expected a key without "." or ".." segments, got ${JSON.stringify(job.data.key)}`);
  }
  return job.data;
}

/** S3 form-encodes keys in notifications: `+` is a space and a plus sign comes as `%2B`. */
function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch (cause) {
    throw new InvalidJobError(`Expected a URL-encoded key, got ${JSON.stringify(key)}`, { cause });
  }
}

function excerpt(text: string): string {
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}…` : text);
}
