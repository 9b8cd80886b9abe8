import { crc32, deflateSync } from 'node:zlib';

/**
 * A PNG that claims a size and holds almost nothing: what a decompression bomb looks like before it goes off.
 *
 * @returns Well-formed chunks with right checksums, and pixels for a few rows at most.
 */
export function pngOfClaimedSize(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8); // 8 bits, RGB, deflate, adaptive filters, not interlaced
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(Buffer.alloc(1024))),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

/** The first boxes of an iPhone's HEIC photo: brands, then a `meta` box that names a picture. */
export function heicHeader(): Buffer {
  const brands = box('ftyp', Buffer.from('heic\0\0\0\0mif1MiHBMiHEheic', 'latin1'));
  const handler = box('hdlr', Buffer.from('\0\0\0\0\0\0\0\0pict\0\0\0\0\0\0\0\0\0\0\0\0\0', 'latin1'));
  const primary = box('pitm', Buffer.from([0, 0, 0, 0, 0, 1]));
  const meta = box('meta', Buffer.concat([Buffer.alloc(4), handler, primary]));
  return Buffer.concat([brands, meta, box('mdat', Buffer.alloc(256, 0x5a))]);
}

/** A 2 x 1 Windows bitmap: a picture that shops do send and that nobody wants to publish. */
export function bitmap(): Buffer {
  const file = Buffer.alloc(54 + 8);
  file.write('BM', 0, 'latin1');
  file.writeUInt32LE(file.length, 2);
  file.writeUInt32LE(54, 10);
  file.writeUInt32LE(40, 14);
  file.writeInt32LE(2, 18);
  file.writeInt32LE(1, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(24, 28);
  return file;
}

export const SVG_DRAWING = `<?xml version="1.0"?>
<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><circle cx="32" cy="32" r="20" fill="#a02030"/></svg>
`;

function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(data.length, 0);
  chunk.set(body, 4);
  chunk.writeUInt32BE(crc32(body), body.length + 4);
  return chunk;
}

function box(type: string, content: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(content.length + 8);
  return Buffer.concat([size, Buffer.from(type, 'latin1'), content]);
}
