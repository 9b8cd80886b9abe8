import type { DoubtSettings } from '../doubt-environment.ts';
import { findModel } from './find-model.ts';
import type { DoubtFlags } from './run-flags.ts';

/** What workers are told of doubtful photos, the bigger model fetched where it is not here yet. @throws {UsageError} */
export async function doubtSettings({ escalate, reviewBelow, rejectBelow }: DoubtFlags): Promise<DoubtSettings> {
  const escalateFolder = escalate === undefined ? undefined : (await findModel(escalate)).folder;
  return { escalateFolder, reviewBelow, rejectBelow };
}
