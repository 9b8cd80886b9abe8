/** Told when a step begins and how far it is. */
export interface StepTimes {
  readonly step: (name: string, detail?: string) => void;
  readonly stop: () => void;
}

export interface StepTimesOptions {
  /** Shows each detail as it comes; absent where nobody watches. */
  readonly terminal?: Pick<NodeJS.WriteStream, 'write'> | undefined;
  /** ms since some moment. */
  readonly now: () => number;
}

/** How often a long step says how far it is in a log that is no terminal. */
const LOG_EVERY_MS = 60_000;

/** Prints how long each step took, with its last detail, when the next one begins; and how far a long one is. */
export function stepTimes(
  log: (line: string) => void,
  {
    terminal = process.stderr.isTTY ? process.stderr : undefined,
    now = () => performance.now(),
  }: Partial<StepTimesOptions> = {},
): StepTimes {
  let current: { name: string; begun: number; detail: string | undefined } | undefined;
  let saidAt = 0;
  const line = ({ name, begun, detail }: NonNullable<typeof current>): string => {
    const seconds = ((now() - begun) / 1000).toFixed(1);
    return `${name.padEnd(12)} ${seconds.padStart(7)} s${detail === undefined ? '' : `  ${detail}`}`;
  };
  const stop = (): void => {
    if (current !== undefined) log(line(current));
    current = undefined;
  };
  return {
    step: (name, detail) => {
      if (current?.name !== name) {
        stop();
        current = { name, begun: now(), detail };
        saidAt = now();
        return;
      }
      current.detail = detail;
      terminal?.write(`\r${name} ${detail ?? ''}\x1b[K\r`);
      if (terminal !== undefined || now() - saidAt < LOG_EVERY_MS) return;
      saidAt = now();
      log(`${line(current)} ...`);
    },
    stop,
  };
}
