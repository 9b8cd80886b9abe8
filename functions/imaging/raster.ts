/**
 * The shapes every imaging file shares. Row-major: the value at (x, y) is `data[y * width + x]`, times the channel count
 * where channels interleave. Shapes are written `[height, width]`, tensors `[N, C, H, W]`. Resizing uses half-pixel centres.
 */

/** 8-bit sRGB without alpha, `[height, width, 3]` interleaved, upright. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Foreground probability `[height, width]`, 0..1, 1 = subject. */
export interface Mask {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/** Opacity `[height, width]`, 0..255, 255 = subject. */
export interface Alpha {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** What is handed to an encoder: 8-bit, `[height, width, channels]`; 1 = grey, 3 = RGB, 4 = RGB with straight alpha. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
  readonly data: Uint8Array;
  /** Straight alpha `[height, width]` of an RGB raster that is not opaque: beside its colours, it need not be copied. */
  readonly alpha?: Uint8Array;
}
