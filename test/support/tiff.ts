/** What an uncompressed TIFF holds; for kinds of TIFF that encoders here do not write. */
export interface TiffContent {
  readonly width: number;
  readonly height: number;
  /** Interleaved, 0..1, one number a channel. */
  readonly values: readonly number[];
  /** A channel. */
  readonly bits: 8 | 16 | 32;
  /** TIFF 6.0's PhotometricInterpretation: 0 white is zero, 1 black is zero, 2 RGB, 5 CMYK. */
  readonly photometric: 0 | 1 | 2 | 5;
  readonly channels: number;
  /** Meaning of channels beyond the colours: 0 unspecified, 1 premultiplied opacity, 2 opacity. */
  readonly extra?: readonly (0 | 1 | 2)[];
  readonly profile?: Uint8Array;
}

type Field = readonly [tag: number, type: 'short' | 'long' | 'bytes', values: ArrayLike<number>];

/** Writes a little-endian TIFF with one strip (TIFF 6.0). */
export function writeTiff(content: TiffContent): Buffer {
  const { width, height, values, bits, photometric, channels, extra = [], profile } = content;
  const pixels = { 8: toBytes, 16: toShorts, 32: toLongs }[bits](values);
  const fields: Field[] = [
    [256, 'long', [width]],
    [257, 'long', [height]],
    [258, 'short', new Array<number>(channels).fill(bits)],
    [259, 'short', [1]],
    [262, 'short', [photometric]],
    [273, 'long', [8]],
    [277, 'short', [channels]],
    [278, 'long', [height]],
    [279, 'long', [pixels.length]],
    [284, 'short', [1]],
    ...(extra.length > 0 ? [[338, 'short', extra] as const] : []),
    ...(profile === undefined ? [] : [[34675, 'bytes', profile] as const]),
  ];
  const strip = Buffer.concat([pixels, Buffer.alloc(pixels.length % 2)]);
  const header = Buffer.from('II*\0\0\0\0\0', 'latin1');
  header.writeUInt32LE(8 + strip.length, 4);
  return Buffer.concat([header, strip, directory(fields, 8 + strip.length)]);
}

function directory(fields: readonly Field[], at: number): Buffer {
  const table = Buffer.alloc(2 + fields.length * 12 + 4);
  table.writeUInt16LE(fields.length, 0);
  const outside: Buffer[] = [];
  let end = at + table.length;
  fields.forEach(([tag, type, values], index) => {
    const entry = 2 + index * 12;
    const data = fieldData(type, values);
    table.writeUInt16LE(tag, entry);
    table.writeUInt16LE({ short: 3, long: 4, bytes: 7 }[type], entry + 2);
    table.writeUInt32LE(values.length, entry + 4);
    if (data.length <= 4) data.copy(table, entry + 8);
    else {
      table.writeUInt32LE(end, entry + 8);
      const even = Buffer.concat([data, Buffer.alloc(data.length % 2)]);
      outside.push(even);
      end += even.length;
    }
  });
  return Buffer.concat([table, ...outside]);
}

function fieldData(type: Field[1], values: ArrayLike<number>): Buffer {
  if (type === 'bytes') return Buffer.from(Uint8Array.from(values));
  return Buffer.from((type === 'short' ? Uint16Array.from(values) : Uint32Array.from(values)).buffer);
}

function toBytes(values: readonly number[]): Buffer {
  return Buffer.from(values.map((value) => Math.round(value * 255)));
}

function toShorts(values: readonly number[]): Buffer {
  return Buffer.from(Uint16Array.from(values, (value) => Math.round(value * 65535)).buffer);
}

function toLongs(values: readonly number[]): Buffer {
  return Buffer.from(Uint32Array.from(values, (value) => Math.round(value * 0xffffffff)).buffer);
}
