interface FitOptions {
  /** Of the file that is there already, 1..100. */
  readonly quality: number;
  /** Bytes, both inclusive. */
  readonly window: { readonly min: number; readonly max: number };
  readonly encodeAt: (quality: number) => Promise<Buffer>;
}

/** Below this a product shows blocks: better a file that is reported as too large. */
const LOWEST_QUALITY = 40;
const HIGHEST_QUALITY = 100;

/**
 * Finds the quality nearest to the wanted one whose file fits a window of bytes.
 *
 * @param first The file at the wanted quality. @returns It, where it fits; the nearest one that does; else the last one tried
 * on the way there. Cost: up to 7 encodings where the first does not fit.
 */
export async function fitBytes(first: Buffer, { quality, window, encodeAt }: FitOptions): Promise<Buffer> {
  if (first.length > window.max) {
    const lowest = Math.min(LOWEST_QUALITY, quality);
    return await nearest({ from: quality, to: lowest, isEnough: (file) => file.length <= window.max, encodeAt });
  }
  if (first.length < window.min) {
    const isEnough = (file: Buffer) => file.length >= window.min;
    const larger = await nearest({ from: quality, to: HIGHEST_QUALITY, isEnough, encodeAt });
    // Better too small at the wanted quality than blown up in vain.
    return isEnough(larger) && larger.length <= window.max ? larger : first;
  }
  return first;
}

interface Search extends Pick<FitOptions, 'encodeAt'> {
  /** Not enough. */
  readonly from: number;
  /** As far as it may go. */
  readonly to: number;
  readonly isEnough: (file: Buffer) => boolean;
}

/** Halves the way between a quality that is not enough and the furthest one. */
async function nearest({ from, to, isEnough, encodeAt }: Search): Promise<Buffer> {
  let best = await encodeAt(to);
  if (!isEnough(best)) return best;
  let [no, yes] = [from, to];
  while (Math.abs(yes - no) > 1) {
    const middle = Math.round((yes + no) / 2);
    const file = await encodeAt(middle);
    if (isEnough(file)) [yes, best] = [middle, file];
    else no = middle;
  }
  return best;
}
