import sharp from 'sharp';
import { expect, test } from 'vitest';
import { drawPlot } from '#models/ablate/plot.ts';
import type { Cell } from '#models/ablate/study.ts';

test('the plot can be drawn and has a line a set', async () => {
  const row = (bytes: number, ssim: number): Cell => ({
    ratio: 0,
    model: { id: 'thin', parameters: 1, macs: 1, bytes },
    quality: {
      boxes: { mae: 0, maxF: 1, sMeasure: 1, iou: 1, boundaryPx: 0, ssim, parentSsim: 1, parentMae: 0 },
    },
    run: { loadMs: 1, runCpuMs: bytes, peakMb: 1 },
  });

  const svg = drawPlot('thin & co', [row(100, 0.95), row(40, 0.9)]);

  const { width, height } = await sharp(Buffer.from(svg)).metadata();
  expect([width, height]).toEqual([860, 340]);
  // One set over size and over time, and the article over size.
  expect(svg.match(/<polyline/g)).toHaveLength(3);
  expect(svg).toContain('thin &amp; co');
});
