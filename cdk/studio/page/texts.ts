import { language } from './state.ts';

/** @param ratio 0..1. @returns e.g. `87%`; never `100%` for what is not entirely so. */
export function shareText(ratio: number): string {
  return `${ratio < 1 ? Math.min(99, Math.round(ratio * 100)) : 100}%`;
}

/** @param ratio 0..1. @returns e.g. `98.5%`. */
export function fineShareText(ratio: number): string {
  return `${(ratio * 100).toFixed(1)}%`;
}

/** @returns e.g. `850 kB`, `1.3 MB`. */
export function bytesText(bytes: number): string {
  return bytes < 1e6
    ? unit(Math.max(1, bytes / 1e3), 'kilobyte', 0)
    : unit(bytes / 1e6, 'megabyte', bytes < 10e6 ? 1 : 0);
}

/** @returns e.g. `320 ms`, `4.1 s`. */
export function timeText(ms: number): string {
  return ms < 995 ? unit(ms, 'millisecond', 0) : unit(ms / 1e3, 'second', ms < 9_950 ? 1 : 0);
}

function unit(value: number, name: string, digits: number): string {
  const options = { style: 'unit', unit: name, unitDisplay: 'short', maximumFractionDigits: digits } as const;
  return value.toLocaleString(language.value === 'zh' ? 'zh-CN' : 'en', options);
}
