import { isSrgbProfile, profileSpace } from './kernels/icc-profile.ts';

/** What a file's header says of its colours. */
interface ColourHeader {
  /** libvips' name: `srgb`, `rgb16`, `b-w`, `grey16`, `cmyk`, `scrgb`, `lab` ... */
  readonly space: string;
  readonly channels: number;
  readonly icc?: Uint8Array | undefined;
}

/** How the decoder has to be asked for 8-bit sRGB. */
export interface ColourPlan {
  readonly ignoresProfile: boolean;
  /** What the pixels become before a profile that is applied last. */
  readonly space: 'srgb' | 'b-w';
  /** Whether the profile takes effect only when it is asked for at the end. */
  readonly appliesProfileLast: boolean;
  /** Whether there are channels beyond one for opacity, such as spot colours or saved selections. */
  readonly hasSpareChannels: boolean;
}

/**
 * Plans a photo's way to sRGB.
 *
 * sharp converts by a file's profile first, but not so for 16 bits a channel: RGB goes to Display P3, which is then taken
 * for sRGB, and grey keeps its profile unapplied. Both come right when the profile is asked for last.
 */
export function planColours({ space, channels, icc }: ColourHeader): ColourPlan {
  const inks = INKS[space] ?? 3;
  const plan = { ignoresProfile: isSrgbProfile(icc), space: 'srgb', hasSpareChannels: channels > inks + 1 } as const;
  const needed = DEEP_SPACES[space];
  if (needed === undefined || icc === undefined || plan.ignoresProfile) return { ...plan, appliesProfileLast: false };
  // A profile of the wrong kind would end as Display P3, which it does not say.
  if (profileSpace(icc) !== needed) return { ...plan, ignoresProfile: true, appliesProfileLast: false };
  return { ...plan, space: space === 'grey16' ? 'b-w' : 'srgb', appliesProfileLast: true };
}

const INKS: Readonly<Record<string, number>> = { 'b-w': 1, grey16: 1, cmyk: 4 };

/** The kind of profile that fits each space of 16 bits a channel. */
const DEEP_SPACES: Readonly<Record<string, string>> = { rgb16: 'RGB ', grey16: 'GRAY' };
