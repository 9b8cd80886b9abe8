import { join } from 'node:path';
import { cacheFolder } from './cache-folder.ts';

/**
 * Lets the processes that this one starts keep what Node makes of the sources, unless the environment says where already. Without it each
 * loads the compiler that takes the types out, which costs a worker 11 MB and a fifth of a second of CPU.
 */
export function keepCompiledSources(): void {
  const { NODE_COMPILE_CACHE = join(cacheFolder(), 'compiled') } = process.env;
  Object.assign(process.env, { NODE_COMPILE_CACHE });
}
