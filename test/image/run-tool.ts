import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** The image cannot be built or does not do what it should. The message is for whoever reads CI's log. */
export class ImageError extends Error {
  override readonly name = 'ImageError';
}

/** Runs a program to its end. @returns What it said, trimmed. @throws {ImageError} with its last words. */
export async function runTool(program: string, args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(program, args, { maxBuffer: 64 << 20 });
    return stdout.trim();
  } catch (cause) {
    const said = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : '';
    const words = said.split('\n').slice(-5).join('\n') || String(cause);
    throw new ImageError(`Expected "${program} ${args.join(' ')}" to end well, got:\n${words}`, { cause });
  }
}

export async function succeeds(program: string, args: readonly string[]): Promise<boolean> {
  return await runTool(program, args).then(
    () => true,
    () => false,
  );
}
