import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import type { RejectionCode } from '#functions/contract/record.ts';
import { drawDisc, photo, plainPhoto, storeTurned } from './drawn-photo.ts';
import { bitmap, heicHeader, pngOfClaimedSize, SVG_DRAWING } from './odd-files.ts';

/** A file of the odd folder, and how the contract says it must end. */
export interface OddPhoto {
  /** Its key: path below the folder, with `/`. */
  readonly file: string;
  /** `either`: the contract leaves it to the worker's limits. */
  readonly expected: 'done' | 'rejected' | 'either';
  /** The reason where it is rejected. */
  readonly code?: RejectionCode;
}

export interface OddPhotosOptions {
  /** Adds a 60-megapixel photo: 2 s to make, and slow to cut out. @default false */
  readonly hasHuge?: boolean;
}

export const ODD_PHOTOS_DEFAULTS = { hasHuge: false } as const;

interface Odd extends OddPhoto {
  readonly bytes: () => Promise<Uint8Array> | Uint8Array | string;
}

/**
 * Fills a folder with everything a shop's folder may hold: files that are no photos, photos that are broken, photos of
 * every kind that must work, and names that break scripts.
 *
 * @returns What was written and how each must end, reasoned from the contract: what browsers show is a photo and is
 *   done, be it ever so dull; what cannot be decoded has a rejection code of its own. Same bytes on every call.
 */
export async function writeOddPhotos(folder: string, options: OddPhotosOptions = {}): Promise<OddPhoto[]> {
  const { hasHuge } = { ...ODD_PHOTOS_DEFAULTS, ...options };
  const odd = [...NO_PHOTOS, ...KINDS, ...TURNED, ...NAMES, ...(hasHuge ? HUGE : [])];
  for (const { file, bytes } of odd) {
    const path = join(folder, file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, await bytes());
  }
  return odd.map(({ bytes: _, ...facts }) => facts);
}

const disc = () => photo(drawDisc(96, 72));
const jpeg = () => disc().jpeg({ quality: 90 }).toBuffer();
const cutShort = (bytes: Buffer) => bytes.subarray(0, Math.floor(bytes.length / 2));

const NO_PHOTOS: readonly Odd[] = [
  { file: 'empty.jpg', expected: 'rejected', code: 'empty_file', bytes: () => '' },
  { file: 'truncated.jpg', expected: 'rejected', code: 'corrupt', bytes: async () => cutShort(await jpeg()) },
  {
    file: 'truncated.png',
    expected: 'rejected',
    code: 'corrupt',
    bytes: async () => cutShort(await disc().png().toBuffer()),
  },
  {
    file: 'text.jpg',
    expected: 'rejected',
    code: 'not_a_photo',
    bytes: () => 'Dear customer, here is your invoice.\n',
  },
  { file: 'iphone.heic', expected: 'rejected', code: 'unsupported_format', bytes: heicHeader },
  { file: 'iphone renamed.jpg', expected: 'rejected', code: 'unsupported_format', bytes: heicHeader },
  { file: 'drawing.svg', expected: 'rejected', code: 'unsupported_format', bytes: () => SVG_DRAWING },
  { file: 'drawing renamed.png', expected: 'rejected', code: 'unsupported_format', bytes: () => SVG_DRAWING },
  { file: 'bitmap.bmp', expected: 'rejected', code: 'unsupported_format', bytes: bitmap },
  { file: 'zero by zero.png', expected: 'rejected', code: 'corrupt', bytes: () => pngOfClaimedSize(0, 0) },
  { file: 'bomb.png', expected: 'rejected', code: 'too_many_pixels', bytes: () => pngOfClaimedSize(30_000, 30_000) },
];

/** A shop's dullest photos are photos: there is no code to reject them with, so they are done, if to be reviewed. */
const KINDS: readonly Odd[] = [
  done('one by one.png', () => plainPhoto(1, 1, '#808080').png().toBuffer()),
  done('one row.png', () => plainPhoto(200, 1, '#808080').png().toBuffer()),
  done('black.jpg', () => plainPhoto(96, 72, '#000000').jpeg().toBuffer()),
  done('white.jpg', () => plainPhoto(96, 72, '#ffffff').jpeg().toBuffer()),
  done('animated.gif', animation),
  done('cmyk.jpg', () => disc().toColourspace('cmyk').withIccProfile('cmyk').jpeg().toBuffer()),
  done('grey.jpg', () => disc().toColourspace('b-w').jpeg().toBuffer()),
  done('grey 16 bit.png', grey16),
  done('alpha.png', () => disc().ensureAlpha(0.5).png().toBuffer()),
  done('display p3.jpg', () => disc().withIccProfile('p3').jpeg().toBuffer()),
  done('lossless.webp', () => disc().webp({ lossless: true }).toBuffer()),
  done('modern.avif', () => disc().avif({ effort: 0 }).toBuffer()),
  done('scan.tiff', () => disc().tiff({ compression: 'lzw' }).toBuffer()),
  done('progressive.jpg', () => disc().jpeg({ progressive: true }).toBuffer()),
  done('really a png.jpg', () => disc().png().toBuffer()),
];

const TURNED: readonly Odd[] = [1, 2, 3, 4, 5, 6, 7, 8].map((orientation) =>
  done(`turned/orientation ${orientation}.jpg`, () =>
    photo(storeTurned(drawDisc(96, 72), orientation))
      .withMetadata({ orientation })
      .jpeg({ quality: 90 })
      .toBuffer(),
  ),
);

const NAMES: readonly Odd[] = [
  ...[
    'spaces  in the name .jpg',
    `it's a "quoted" name.jpg`,
    'red+blue.jpg',
    'Größe ÄÖÜ.jpg',
    'U\u0308mlaut in two code points.jpg',
    '👟 sneaker 🏃‍♀️.jpg',
    'two..dots...jpg',
    '100% cotton.jpg',
    '#1 really?.jpg',
    '<img src=x onerror=alert(1)>.jpg',
    '=1+1.jpg',
    '-rf.jpg',
    '$(touch gotcha) `id`.jpg',
    'a & b; c.jpg',
    'dots../in the folder/shoe.jpg',
  ].map((name) => done(name, jpeg)),
  // Inputs that differ in nothing but their ending, or but their case, must not end up in one file.
  done('same/shoe.jpg', jpeg),
  done('same/shoe.jpeg', jpeg),
  done('same/shoe.png', () => disc().png().toBuffer()),
  done('same/shoe.png.jpg', jpeg),
  done('same/SHOE.jpg', () => disc().negate().jpeg().toBuffer()),
  done('same/shoe.JPG', () => disc().greyscale().jpeg().toBuffer()),
];

const HUGE: readonly Odd[] = [
  {
    file: 'sixty megapixels.jpg',
    expected: 'either',
    code: 'too_many_pixels',
    bytes: () => disc().resize(10_000, 6_000, { fit: 'fill' }).jpeg().toBuffer(),
  },
];

function done(file: string, bytes: Odd['bytes']): Odd {
  return { file, expected: 'done', bytes };
}

async function animation(): Promise<Buffer> {
  const frames = await Promise.all(['#a02030', '#20a030'].map((colour) => plainPhoto(48, 48, colour).png().toBuffer()));
  return await sharp(frames, { join: { animated: true } })
    .gif({ delay: [100, 100] })
    .toBuffer();
}

async function grey16(): Promise<Buffer> {
  const ramp = Uint16Array.from({ length: 96 * 72 }, (_, i) => (i % 96) * 682);
  return await sharp(ramp, { raw: { width: 96, height: 72, channels: 1 } })
    .toColourspace('grey16')
    .png()
    .toBuffer();
}
