import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The processor a function runs on, in AWS's words. */
export const ARCHITECTURES = ['arm64', 'x86_64'] as const;
export type Architecture = (typeof ARCHITECTURES)[number];

/** Where layers are packed unless told otherwise: everything that is shipped lies below, and nothing else. */
export const DIST_FOLDER = fileURLToPath(new URL('dist', import.meta.url));

/** AWS's limit for a .zip function and its layers together, unzipped. */
export const UNZIPPED_LIMIT_BYTES = 262_144_000;

/** A model's place below `dist`; what stands after `opt` is its place below /opt on AWS. */
export function modelPlace(id: string): string {
  return join('opt', 'models', id);
}

/** The native modules' place below `dist`; it holds `nodejs/node_modules`, as a layer must. */
export function runtimePlace(architecture: Architecture): string {
  return join('runtime', architecture);
}
