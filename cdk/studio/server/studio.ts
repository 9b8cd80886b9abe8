import type { Preset } from '#functions/contract/preset.ts';
import type { PackedModel } from '#models/pack.ts';
import type { Choice, ModelOffer } from '../protocol.ts';
import type { EventHub } from './event-hub.ts';
import type { ItemIndex } from './item-index.ts';
import type { PictureDesk } from './pictures.ts';
import type { StudioStore } from './studio-store.ts';
import type { TrialDesk } from './trial-desk.ts';
import type { WorkLine } from './work-line.ts';

/** All that the routes work with. */
export interface Studio {
  readonly store: StudioStore;
  readonly index: ItemIndex;
  readonly hub: EventHub;
  readonly pictures: PictureDesk;
  readonly line: WorkLine;
  readonly trials: TrialDesk;
  /** By id. */
  readonly presets: ReadonlyMap<string, Preset>;
  readonly defaults: Choice;
  /** Largest photo that is taken, bytes. */
  readonly maxBytes: number;
  /** For photos that are still coming in. */
  readonly incoming: string;
  readonly now: () => Date;
  readonly listModels: () => Promise<ModelOffer[]>;
  readonly findModel: (id: string) => Promise<PackedModel | null>;
  /** Something was decided, or cut out: what is written about the batch has to follow. */
  readonly noteChange: () => void;
}
