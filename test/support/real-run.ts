import { fileURLToPath } from 'node:url';
import { type RunObserver, type RunOutcome, runLocal } from '#cdk/local/run-local.ts';

const COUNTING_HANDLER = fileURLToPath(new URL('./counting-handler.ts', import.meta.url));

export interface RealRun {
  readonly src: string;
  readonly dst: string;
  /** Folder with model.onnx and manifest.json. */
  readonly model: string;
}

/** Runs the real handler over a folder with two workers. */
export async function runReal({ src, dst, model }: RealRun, observer: RunObserver = {}): Promise<RunOutcome> {
  return await runLocal({
    src,
    dst,
    handlerPath: COUNTING_HANDLER,
    workerEnv: { CUTLINE_STORE: 'folder', CUTLINE_PHOTOS: src, CUTLINE_CUTOUTS: dst, CUTLINE_MODEL_FOLDER: model },
    workers: 2,
    backoffMs: () => 20,
    signal: new AbortController().signal,
    observer,
  });
}
