/*
 * Strict readers of picture containers, written apart from the code that writes them: they throw where a size, an order
 * or a checksum is wrong.
 */

/** A PNG's chunks in order. @throws {Error} when a checksum or a length is wrong, or bytes are left over. */
export function readPngChunks(file: Buffer): { name: string; content: Buffer }[] {
  if (file.toString('latin1', 0, 8) !== '\x89PNG\r\n\x1a\n') throw new Error('Expected a PNG signature');
  const chunks: { name: string; content: Buffer }[] = [];
  let at = 8;
  while (at < file.length) {
    const length = file.readUInt32BE(at);
    const body = file.subarray(at + 4, at + 8 + length);
    const name = body.toString('latin1', 0, 4);
    if (crcOf(body) !== file.readUInt32BE(at + 8 + length)) throw new Error(`Expected a true checksum in ${name}`);
    chunks.push({ name, content: body.subarray(4) });
    at += 12 + length;
  }
  return chunks;
}

/** CRC-32 bit by bit, as the PNG specification's annex D states it. */
function crcOf(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** A WebP's chunks in order. @throws {Error} when the sizes do not add up to the file's own or padding is not zero. */
export function readWebpChunks(file: Buffer): { name: string; content: Buffer }[] {
  if (file.toString('latin1', 0, 4) !== 'RIFF' || file.toString('latin1', 8, 12) !== 'WEBP') {
    throw new Error('Expected a RIFF container of WebP');
  }
  if (file.readUInt32LE(4) !== file.length - 8) {
    throw new Error(`Expected a RIFF size of ${file.length - 8}, got ${file.readUInt32LE(4)}`);
  }
  const chunks: { name: string; content: Buffer }[] = [];
  let at = 12;
  while (at < file.length) {
    const length = file.readUInt32LE(at + 4);
    if (at + 8 + length > file.length) throw new Error('Expected a chunk inside the file');
    if (length % 2 === 1 && file[at + 8 + length] !== 0)
      throw new Error('Expected odd chunks to be padded with a zero');
    chunks.push({ name: file.toString('latin1', at, at + 4), content: file.subarray(at + 8, at + 8 + length) });
    at += 8 + length + (length % 2);
  }
  return chunks;
}

/** A JPEG's segments up to the first scan. @throws {Error} when one does not start where the last one ended. */
export function readJpegSegments(file: Buffer): { marker: number; content: Buffer }[] {
  if (file.readUInt16BE(0) !== 0xffd8) throw new Error('Expected a start marker');
  const segments: { marker: number; content: Buffer }[] = [];
  let at = 2;
  for (let marker = 0; marker !== 0xda; ) {
    if (file[at] !== 0xff) throw new Error(`Expected a marker at byte ${at}, got ${file[at]}`);
    marker = file[at + 1] ?? 0;
    const length = file.readUInt16BE(at + 2);
    segments.push({ marker, content: file.subarray(at + 4, at + 2 + length) });
    at += 2 + length;
  }
  return segments;
}

/**
 * The colour description of an AVIF's AV1 stream: primaries, transfer, matrix (ITU-T H.273), or null where there is none.
 * Reads the first sequence header that is of a reduced still picture (AV1 specification, 5.5).
 */
export function readAvifColours(file: Buffer): number[] | null {
  const start = file.indexOf('mdat', 0, 'latin1') + 4;
  // A temporal delimiter (2 bytes) comes first; then the header unit with its size.
  const bits = [...file.subarray(start + 4, start + 24)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  let at = 0;
  const read = (count: number) => {
    at += count;
    return Number.parseInt(bits.slice(at - count, at), 2);
  };
  const profile = read(3);
  const [isStill, isReduced] = [read(1), read(1)];
  if (isStill !== 1 || isReduced !== 1) throw new Error('Expected a reduced still picture');
  read(5);
  const [widthBits, heightBits] = [read(4) + 1, read(4) + 1];
  read(widthBits + heightBits);
  read(6); // superblocks, intra filter, intra edge, super-resolution, cdef, restoration
  const isDeep = read(1) === 1;
  if (profile === 2 && isDeep) read(1);
  if (profile !== 1) read(1);
  return read(1) === 1 ? [read(8), read(8), read(8)] : null;
}
