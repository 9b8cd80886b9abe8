/** What the article that this workshop set out from states of U2-Net, on photos and by a SSIM that it does not describe. */
export const ARTICLE = {
  /** Share of the parameters taken away, and the SSIM then; 0 is the parent. */
  ssim: [
    [0, 0.976],
    [0.3, 0.97],
    [0.5, 0.965],
    [0.6, 0.961],
    [0.7, 0.942],
  ],
  /** At 62.8 % taken away. */
  claim: '44.5 to 16.8 million parameters, 156 to 58 MB, 4.8 to 1.9 s of CPU, 980 to 410 MB of memory',
} as const;
