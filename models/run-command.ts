import { spawn } from 'node:child_process';

/** Runs a program to its end. @throws {Error} with the last line it said when it fails or isn't there. */
export type RunCommand = (program: string, args: readonly string[], cwd: string) => Promise<void>;

export const runCommand: RunCommand = (program, args, cwd) =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4000);
    });
    child.on('error', (cause) => reject(new Error(`${program} could not be started: ${cause.message}`, { cause })));
    child.on('close', (code) => {
      if (code === 0) return resolve();
      const reason =
        said
          .trim()
          .split('\n')
          .findLast((line) => /error/i.test(line)) ?? said.trim().split('\n').at(-1);
      reject(new Error(`${program} ${args[0] ?? ''} ended with ${code}: ${reason ?? 'no reason given'}`));
    });
  });
