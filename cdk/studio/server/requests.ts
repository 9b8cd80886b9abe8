import { z } from 'zod';
import { CutoutJob } from '#functions/contract/job.ts';
import { StudioError } from './studio-error.ts';

const key = CutoutJob.shape.key.refine(
  (text) => !text.includes('\0') && !text.split(/[/\\]/).some((part) => part === '..' || part === '.'),
  'Expected a key without "." or ".." segments',
);
const etag = z.string().min(1).max(200);
const choice = z.strictObject({
  model: z.string().min(1).max(1_024),
  presets: z.array(z.string().max(100)).min(1).max(20),
  edges: z.string().max(40).nullable(),
});
const keys = z.array(key).min(1).max(1_000_000);

/** What the page may ask for, checked before anything is done. */
export const Requests = {
  key: z.object({ key }),
  picture: z.object({
    key,
    index: z.coerce.number().int().min(0).max(50).default(0),
    size: z.enum(['thumb', 'full']).default('full'),
  }),
  trialPicture: z.object({ id: z.uuid(), index: z.coerce.number().int().min(0).max(50).default(0) }),
  name: z.object({ name: z.string().min(1).max(1_024) }),
  run: z.strictObject({ keys, choice }),
  id: z.object({ id: z.uuid() }),
  decision: z.strictObject({ key, etag, verdict: z.enum(['approved', 'refused']).nullable() }),
  decisions: z.strictObject({
    photos: z.array(z.strictObject({ key, etag })).min(1).max(1_000_000),
    verdict: z.enum(['approved', 'refused']).nullable(),
  }),
  retouch: z.object({ key, etag, correction: z.enum(['yes', 'no']) }),
  trial: z.strictObject({ key, choice }),
  keep: z.strictObject({ id: z.uuid(), etag }),
  /** Null: all. */
  download: z.strictObject({ keys: keys.nullable() }),
} as const;

/** @throws {StudioError} `bad_request` that names every field that is wrong. */
export function readRequest<T extends z.ZodType>(schema: T, value: unknown): z.infer<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'request'}: ${message}`);
  throw new StudioError('bad_request', `Expected a valid request, got ${wrong.join('; ')}`);
}
