/** What a photo costs with one network. */
export interface MeasuredModel {
  /** Multiply-accumulates of one run, 10^9. */
  readonly gigaMacs: number;
  /** Seconds of CPU from the photo's file to its PNG, for a photo of 2 and one of 12 megapixels. */
  readonly cpuSeconds: readonly [at2: number, at12: number];
  /** Weights of 8 bits compute faster than their multiplications say. */
  readonly is8Bit: boolean;
}

/**
 * Measured in November 2026: user and system time of a process that computes on one thread, as a worker does
 * (`cdk/bench/cutline-child.ts`), on two Intel Xeon cores with AVX-512. Medians of two to four cutouts from the third on, the
 * bench's two photos, preset `transparent`; `fast` by itself, the others taking turns beside much other work;
 * `balanced` on two AMD EPYC cores without AVX-512, taking turns with the peer, `quality` so on two with it; `fast` as it was with 10.3 GMAC, so that it
 * is faster now.
 * `npm run bench -- --model ID` measures the same. On AMD EPYC cores without AVX-512 IS-Net took 1.3 times
 * as long at 2 megapixels; arm64 was not measured.
 *
 * A worker's one thread is one vCPU, which Lambda gives to a function of 1,769 MB; with less memory it takes longer in proportion.
 */
export const MEASURED_MODELS: Readonly<Record<string, MeasuredModel>> = Object.freeze({
  fast: { gigaMacs: 4.6, cpuSeconds: [0.37, 0.69], is8Bit: true },
  balanced: { gigaMacs: 19.6, cpuSeconds: [0.61, 0.87], is8Bit: true },
  quality: { gigaMacs: 134.8, cpuSeconds: [1.03, 1.3], is8Bit: true },
  u2netp: { gigaMacs: 19.8, cpuSeconds: [0.71, 1.02], is8Bit: false },
  u2net: { gigaMacs: 58.6, cpuSeconds: [1.34, 1.7], is8Bit: false },
  isnet: { gigaMacs: 159.6, cpuSeconds: [3.15, 3.15], is8Bit: false },
});

/** Lambda's memory for one vCPU (https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html). */
export const MB_PER_VCPU = 1_769;
