import { MALLOC_SETTINGS } from '#functions/remove-background/malloc.ts';

/**
 * Starts this process over with the workers' malloc settings, which glibc reads only when a process starts, unless it has
 * some already or the system knows none. Call it before anything large is loaded.
 */
export function keepHeap(): void {
  const isSet = Object.keys(process.env).some((name) => name.startsWith('MALLOC_'));
  if (process.platform !== 'linux' || isSet || process.execve === undefined) return;
  const args = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  process.execve(process.execPath, args, { ...process.env, ...MALLOC_SETTINGS.heavy });
}
