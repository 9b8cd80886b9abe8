import { join, relative } from 'node:path';
import { type MaskSource, readMask } from './parent-masks.ts';

/**
 * Ground truth where there is some, the parent's mask elsewhere. The mask of `photos/SET/shoe.jpg` is `masks/SET/shoe.png`: 8 bit, white =
 * subject, of any size.
 */
export function givenMasks(parent: MaskSource, { photos, masks }: { photos: string; masks: string }): MaskSource {
  return {
    id: `${parent.id} ${masks}`,
    read: async (file) => {
      const labelled = await parent.read(file);
      const name = relative(photos, file).replace(/\.[^.]*$/, '.png');
      const given = await readMask(join(masks, name));
      return given === undefined ? labelled : { ...labelled, mask: given };
    },
  };
}
