/** What the bench asks of a tool's process, one photo at a time. Paths of files. */
export interface BenchRequest {
  readonly photo: string;
  readonly output: string;
}

/** What one cutout cost, as its own process measured it: from reading the photo's file to having written the cutout's. */
export interface Measurement {
  /** Of all threads, user and system. */
  readonly cpuMs: number;
  readonly wallMs: number;
  /** CPU of the whole process since it was started. */
  readonly sinceStartCpuMs: number;
  /** Largest resident size of the process so far, in 10^6 bytes. */
  readonly peakMb: number;
  readonly outputBytes: number;
  /** Wall time by stage, where the tool tells. */
  readonly timesMs: Readonly<Record<string, number>>;
}

export type BenchAnswer = Measurement | { readonly error: string };
