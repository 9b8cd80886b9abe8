import { z } from 'zod';
import { Length } from './length.ts';

const sidePx = z.int().min(1).max(16_383);
const share = z.number().min(0).max(1);

const evenMargin = z.union([
  z.strictObject({ px: z.int().min(0) }),
  z.strictObject({ share: z.number().min(0).lt(0.5) }),
]);
const sides = z.strictObject({ top: Length, right: Length, bottom: Length, left: Length });

/** How the subject is put into a frame of its own. Without a layout it stays where it is in its photo. */
export const Layout = z
  .strictObject({
    /**
     * The frame: pixels; a ratio (width / height) at the photo's own resolution; `subject`, cropped to it; or `photo`, as
     * large as the photo.
     */
    canvas: z.union([
      z.strictObject({ width: sidePx, height: sidePx }),
      z.strictObject({ ratio: z.number().min(0.1).max(10) }),
      z.literal('subject'),
      z.literal('photo'),
    ]),
    /** Share of the frame the subject covers along the axis where it covers more; nothing with `subject`. @default 0.85 */
    fill: z.number().gt(0).max(1).optional(),
    /**
     * Least distance from the subject to the frame: px of the frame, or a share of its shorter side. Around a crop to the
     * subject each side may have its own, as a share of the subject's width or height. @default 0 px
     */
    margin: z.union([evenMargin, sides]).optional(),
    /** Where in the room that is left: 0 left or top, 1 right or bottom. @default the middle */
    position: z.strictObject({ x: share, y: share }).optional(),
    /** Whether a subject of too few pixels is enlarged. Otherwise the frame shrinks with it. @default false */
    enlarge: z.boolean().optional(),
  })
  .superRefine(({ canvas, margin, fill }, context) => {
    if (canvas === 'subject' && fill !== undefined) {
      context.addIssue({
        code: 'custom',
        path: ['fill'],
        message: 'Expected no fill with a canvas cropped to the subject',
      });
    }
    if (canvas !== 'subject' && margin !== undefined && 'top' in margin) {
      const message = 'Expected one margin for all sides, unless the canvas is cropped to the subject';
      context.addIssue({ code: 'custom', path: ['margin'], message });
    }
    if (typeof canvas === 'string' || !('width' in canvas) || margin === undefined || !('px' in margin)) return;
    if (2 * margin.px >= Math.min(canvas.width, canvas.height)) {
      context.addIssue({
        code: 'custom',
        path: ['margin'],
        message: `Expected a canvas larger than twice its margin, got ${canvas.width} x ${canvas.height} with ${margin.px} px`,
      });
    }
  });
export type Layout = z.infer<typeof Layout>;

/** Room around a subject, a side at a time. */
export type Sides = z.infer<typeof sides>;

/** A shadow under the subject: `contact` lies on the ground it stands on, `drop` is its blurred outline below it. */
export const Shadow = z.strictObject({
  kind: z.enum(['contact', 'drop']),
  /** Darkness where it is deepest, 0..1. @default 0.35 */
  opacity: share.optional(),
});
export type Shadow = z.infer<typeof Shadow>;
