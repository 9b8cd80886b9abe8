import { createHash } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ModelError, reasonOf } from '../errors.ts';
import { encodeModel } from '../onnx/codec.ts';
import type { PackedModel } from '../pack.ts';
import { readModelFile } from '../read-model-file.ts';
import { adaptGraph } from './adapt-graph.ts';
import { rembgSession, type Tool, toolForm } from './tool-forms.ts';

/** What was written, and how to use it. */
export interface Exported {
  readonly path: string;
  readonly bytes: number;
  /** What to type, or the lines of code to write. */
  readonly usage: string;
}

/**
 * Writes a model as another program loads it: for rembg one ONNX file, for imgly a folder that is its `publicPath`. Whole or
 * not at all.
 */
export async function writeExport({ folder, manifest }: PackedModel, tool: Tool, out: string): Promise<Exported> {
  const { graph } = await readModelFile(join(folder, 'model.onnx'));
  const bytes = encodeModel(adaptGraph(graph, manifest, toolForm(tool, manifest)));
  if (tool === 'imgly') return { path: out, bytes: bytes.length, usage: await writeImgly(bytes, resolve(out)) };
  const file = resolve(out.endsWith('.onnx') ? out : join(out, `${manifest.id}.onnx`));
  await makeFolder(dirname(file));
  await writeWhole(file, bytes);
  const options = JSON.stringify({ model_path: file });
  const usage = `U2NET_HOME='${dirname(file)}' rembg i -m ${rembgSession(manifest.family).name} -x '${options}' in.jpg out.png`;
  return { path: file, bytes: bytes.length, usage };
}

/** The pieces a model comes in, as the package lays out its own. */
async function writeImgly(bytes: Uint8Array, folder: string): Promise<string> {
  await makeFolder(folder);
  const hash = createHash('sha256').update(bytes).digest('hex');
  await writeWhole(join(folder, hash), bytes);
  const entry = {
    chunks: [{ hash, offsets: [0, bytes.length] }],
    size: bytes.length,
    mime: 'application/octet-stream',
  };
  const index = { '/models/small': entry, '/models/medium': entry };
  await writeWhole(join(folder, 'resources.json'), `${JSON.stringify(index, null, 2)}\n`);
  return `removeBackground(photo, { publicPath: '${pathToFileURL(folder).href}/' })   // @imgly/background-removal-node`;
}

async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw new ModelError('unreadable_file', `Expected a folder to write to, got ${folder}: ${reasonOf(cause)}`, {
      cause,
    });
  });
}

async function writeWhole(file: string, content: string | Uint8Array): Promise<void> {
  const draft = join(dirname(file), `.${basename(file)}.draft`);
  await writeFile(draft, content);
  await rename(draft, file);
}
