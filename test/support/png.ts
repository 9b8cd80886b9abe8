import { crc32, deflateSync } from 'node:zlib';

/** Writes one PNG chunk (PNG specification, 5.3). */
export function pngChunk(name: string, content: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), content]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(content.length, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), body.length + 4);
  return chunk;
}

interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** Chunks between header and pixels. */
  readonly chunks?: readonly Buffer[];
  /** Rows as they lie in the file, each after a filter byte of 0; not as many as the header says, for a bomb. */
  readonly rows: Uint8Array;
}

/** Writes an 8-bit RGB PNG that says what one likes, true or not. */
export function writePng({ width, height, chunks = [], rows }: PngHeader): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2], 8);
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  const [head, pixels] = [pngChunk('IHDR', header), pngChunk('IDAT', deflateSync(rows))];
  return Buffer.concat([signature, head, ...chunks, pixels, pngChunk('IEND', new Uint8Array())]);
}
