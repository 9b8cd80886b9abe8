/** Prints how long each step took when the next one begins; details of a long step on a terminal only. */
export function stepTimes(log: (line: string) => void): {
  step: (name: string, detail?: string) => void;
  stop: () => void;
} {
  let current: { name: string; begun: number; detail: string | undefined } | undefined;
  const stop = (): void => {
    if (current === undefined) return;
    const seconds = ((Date.now() - current.begun) / 1000).toFixed(1);
    const detail = current.detail === undefined ? '' : `  ${current.detail}`;
    log(`${current.name.padEnd(12)} ${seconds.padStart(7)} s${detail}`);
    current = undefined;
  };
  return {
    step: (name, detail) => {
      if (current?.name === name) {
        current.detail = detail;
        if (process.stderr.isTTY) process.stderr.write(`\r${name} ${detail ?? ''}\x1b[K\r`);
        return;
      }
      stop();
      current = { name, begun: Date.now(), detail };
    },
    stop,
  };
}
