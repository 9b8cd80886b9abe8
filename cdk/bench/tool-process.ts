import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { BenchAnswer, BenchRequest, Measurement } from './protocol.ts';

/** What a tool's process runs. */
const PROGRAMS = {
  cutline: new URL('./cutline-child.ts', import.meta.url),
  imgly: new URL('./imgly-child.ts', import.meta.url),
};

export interface ToolProcessOptions {
  readonly program: keyof typeof PROGRAMS;
  /** The program's one argument. */
  readonly folder: string;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Node's, added to this process's. */
  readonly flags?: readonly string[];
  /** Whether what it writes to stderr is passed on. @default true */
  readonly hasVoice?: boolean;
}

/** A tool in a process of its own, which measures itself. */
export class ToolProcess {
  readonly #child: ChildProcess;
  readonly #program: string;

  constructor({ program, folder, env = {}, flags = [], hasVoice = true }: ToolProcessOptions) {
    this.#program = program;
    this.#child = fork(fileURLToPath(PROGRAMS[program]), [folder], {
      env: { ...process.env, ...env },
      execArgv: [...process.execArgv, ...flags],
      // What a tool has to say goes to stderr, so that stdout is the bench's table alone.
      stdio: ['ignore', 'ignore', hasVoice ? 'inherit' : 'ignore', 'ipc'],
    });
  }

  /** Has one photo cut out. One at a time. @throws {Error} when the tool fails or its process dies. */
  measure(request: BenchRequest): Promise<Measurement> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        this.#child.off('message', onMessage).off('exit', onExit);
        act();
      };
      const fail = (reason: string) =>
        settle(() => reject(new Error(`Expected ${this.#program} to cut out ${request.photo}, got: ${reason}`)));
      const onMessage = (answer: BenchAnswer) =>
        'error' in answer ? fail(answer.error) : settle(() => resolve(answer));
      const onExit = (code: number | null, signal: string | null) =>
        fail(`its process ended with ${signal ?? `exit code ${code}`}`);
      this.#child.on('message', onMessage).on('exit', onExit);
      if (this.#child.connected) this.#child.send(request);
      else onExit(this.#child.exitCode, this.#child.signalCode);
    });
  }

  /** Ends the process. */
  stop(): void {
    this.#child.kill('SIGKILL');
  }
}
