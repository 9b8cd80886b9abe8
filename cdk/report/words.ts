/** @returns e.g. `850 kB`, `1.3 MB`. */
export function bytes(count: number): string {
  if (count < 1e6) return `${Math.max(1, Math.round(count / 1e3))} kB`;
  return `${count < 10e6 ? (count / 1e6).toFixed(1) : Math.round(count / 1e6)} MB`;
}

/** @param ms Milliseconds, 0 or more. @returns e.g. `320 ms`, `1.3 s`, `2 min 5 s`, `1 h 40 min`. */
export function duration(ms: number): string {
  if (ms < 995) return `${Math.round(ms)} ms`;
  if (ms < 9_950) return `${(ms / 1e3).toFixed(1)} s`;
  const seconds = Math.round(ms / 1e3);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** @param ratio 0..1. @returns e.g. `87%`; never `100%` for what is not entirely so. */
export function share(ratio: number): string {
  return `${ratio < 1 ? Math.min(99, Math.round(ratio * 100)) : 100}%`;
}

/** @returns e.g. `1 photo`, `1,204 photos`. */
export function photoCount(count: number): string {
  return `${count.toLocaleString('en')} ${count === 1 ? 'photo' : 'photos'}`;
}
