import { z } from 'zod';

/** What the handler logs about one photo, on this machine as in CloudWatch: one JSON line with `"message":"photo"`. */
const PhotoLine = z.object({
  message: z.literal('photo'),
  key: z.string(),
  outcome: z.enum(['done', 'unchanged', 'rejected', 'superseded', 'retry']),
  code: z.string().optional(),
  reason: z.string().optional(),
});
export type PhotoLine = z.infer<typeof PhotoLine>;

/** @returns What a line of a worker's output says about a photo, or null for any other line. */
export function parsePhotoLine(line: string): PhotoLine | null {
  if (!line.startsWith('{') || !line.includes('"photo"')) return null;
  try {
    return PhotoLine.safeParse(JSON.parse(line)).data ?? null;
  } catch {
    // Cut off where its worker was killed.
    return null;
  }
}
