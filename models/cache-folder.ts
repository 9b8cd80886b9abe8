import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where fetched models are kept: `$CUTLINE_CACHE`, else `$XDG_CACHE_HOME/cutline`, else `~/.cache/cutline`. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const { CUTLINE_CACHE, XDG_CACHE_HOME } = env;
  return CUTLINE_CACHE || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'cutline');
}
