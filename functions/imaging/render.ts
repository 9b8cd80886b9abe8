import type { Preset } from '../contract/preset.ts';
import type { RuleResult } from '../contract/preset-rules.ts';
import { compose } from './compose.ts';
import type { StageRunner } from './cutout.ts';
import { type EncodedFile, encode } from './encode.ts';
import type { Alpha, RgbImage } from './raster.ts';
import { shrink } from './shrink.ts';
import { breaksRule, verify } from './verify.ts';
import type { Workspace } from './workspace.ts';

/** One finished picture, and what was measured on it. */
export interface Rendition {
  readonly preset: Preset;
  readonly file: EncodedFile;
  /** How much of each of the picture's pixels is subject; lives in the workspace until the next photo. */
  readonly subject: Alpha;
  /** Frame pixels a photo pixel became; absent without a layout. */
  readonly scale?: number;
  /** Whether the photo has too few pixels for what the preset asks, so that the picture is smaller. */
  readonly isBelowMinimum: boolean;
  /** One for each rule of the preset. */
  readonly rules: readonly RuleResult[];
}

export interface RenderOptions {
  readonly preset: Preset;
  readonly workspace: Workspace;
  readonly backdrops?: ReadonlyMap<string, RgbImage>;
  readonly stage: StageRunner;
}

/** Makes one picture of a photo and its alpha: composes, encodes, and checks the file that came out. */
export async function render(photo: RgbImage, opacity: Alpha, options: RenderOptions): Promise<Rendition> {
  const { preset, workspace, backdrops, stage } = options;
  const { background, rules, maxPixels = Number.POSITIVE_INFINITY } = preset;
  const picture = background !== 'transparent' && 'image' in background ? background.image : null;
  const backdrop = picture === null ? undefined : backdrops?.get(picture);
  const colour = background !== 'transparent' && 'r' in background ? background : null;

  const { alpha, raster, laidOut } = await stage('compose', async () => {
    const cut = await shrink({ image: photo, alpha: opacity }, { maxPixels, workspace });
    return { ...cut, ...(await compose(cut.image, cut.alpha, { preset, workspace, backdrop })) };
  });
  const file = await stage('encode', () => encode(raster, preset));
  const subject = laidOut === null ? undefined : { alpha: laidOut.subject, cutOff: laidOut.cutOff };
  const results =
    rules === undefined ? [] : await stage('verify', () => verify(file.bytes, { rules, background: colour, subject }));
  return {
    preset,
    file,
    subject: laidOut?.subject ?? alpha,
    ...(laidOut === null ? {} : { scale: laidOut.scale }),
    isBelowMinimum: laidOut?.isShrunk === true && breaksRule(results.filter(({ check }) => SIZES.has(check))),
    rules: results,
  };
}

const SIZES: ReadonlySet<RuleResult['check']> = new Set([
  'width',
  'height',
  'longest_side',
  'shortest_side',
  'subject_width',
  'subject_height',
]);
