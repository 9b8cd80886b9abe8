import { readFileSync } from 'node:fs';

/**
 * The most memory this process has held since its program began, in MB. What Node reports for it (`maxRSS`) starts on Linux with what the
 * process held that forked it, which may be several times as much.
 */
export function peakMemoryMb(): number {
  return (linuxPeakKb() ?? process.resourceUsage().maxRSS) * 1.024e-3;
}

function linuxPeakKb(): number | undefined {
  if (process.platform !== 'linux') return undefined;
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return peak === undefined ? undefined : Number(peak);
}
