import type { PhotoRecord } from '#functions/contract/record.ts';

/** What page and server say to each other: JSON both ways. Types only, so that neither needs the other's code. */

/** One photo as the gallery lists it. */
export interface Item {
  readonly key: string;
  /** Of its record: a decision names the record it is about. */
  readonly etag: string;
  readonly status: PhotoRecord['status'];
  readonly verdict: PhotoRecord['verdict'];
  readonly decision: 'approved' | 'refused' | null;
  /** 0..1; null where nothing was cut out. */
  readonly confidence: number | null;
  readonly reasons: readonly string[];
  /** Rules that a shop insists on and that are broken, each as `<preset>:<check>`. */
  readonly broken: readonly string[];
  readonly sku: string | null;
  readonly model: string;
  /** Ids, with commas. */
  readonly preset: string;
  /** Of the photo, px. */
  readonly width: number | null;
  readonly height: number | null;
  /** Why it was turned down. */
  readonly code: string | null;
  readonly outputs: readonly ItemOutput[];
}

export interface ItemOutput {
  readonly preset: string;
  readonly format: string;
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
  /** Changes with the file. */
  readonly version: string;
  /** Whether the subject lies where it lies in its photo, pixel by pixel. */
  readonly isInPlace: boolean;
}

/** A photo with all that is known of it. */
export interface Details {
  readonly item: Item;
  readonly record: PhotoRecord;
  /** Whether the photo can be shown: it may have been moved, or replaced since. */
  readonly photo: 'there' | 'replaced' | 'missing';
}

/** A network that can be asked for. */
export interface ModelOffer {
  readonly id: string;
  /** Of its file; null where that is not known before it is fetched. */
  readonly sizeBytes: number | null;
  /** Whether it has to be fetched first. */
  readonly isHere: boolean;
  /** Of one photo on this machine, ms; null where nothing is known. */
  readonly expectedMs: number | null;
  /** Whether `expectedMs` was measured with this very network, or follows from its size and the machine's pace. */
  readonly isMeasured: boolean;
  /** Of the photos it was measured on, products where there were some: mean overlap (IoU) with the true mask, 0..1. */
  readonly quality: { readonly set: string; readonly overlap: number } | null;
  readonly licence: string;
}

export interface PresetOffer {
  readonly id: string;
  readonly title: string | null;
  /** Edges it can be asked for; empty where there is no choice. */
  readonly edges: readonly string[];
}

/** What the page needs once. */
export interface Session {
  readonly title: string;
  readonly kind: 'folder' | 'cloud';
  /** Whether another network can be asked for a whole run. */
  readonly canChooseModel: boolean;
  readonly models: readonly ModelOffer[];
  readonly presets: readonly PresetOffer[];
  readonly defaults: Choice;
  /** Largest photo that is taken, bytes. */
  readonly maxBytes: number;
  readonly runs: readonly RunState[];
}

/** How photos are to be cut out. */
export interface Choice {
  readonly model: string;
  readonly presets: readonly string[];
  /** Null: as the preset says. */
  readonly edges: string | null;
}

/** A run of the pipeline that was asked for here. */
export interface RunState {
  readonly id: string;
  readonly state: 'waiting' | 'starting' | 'running' | 'done' | 'failed' | 'stopped';
  readonly choice: Choice;
  readonly total: number;
  readonly finished: number;
  /** Of its photos: those that ended without a record, with the reason. */
  readonly failures: readonly { readonly key: string; readonly code: string; readonly message: string }[];
  /** What a person should know of its end. */
  readonly message: string | null;
}

/** What became of a decision about many photos. */
export interface Decided {
  readonly items: readonly Item[];
  /** Photos that were not as they had been looked at, as they are now. */
  readonly left: readonly Item[];
}

/** What the server says by itself. */
export type StudioEvent =
  | { readonly type: 'items'; readonly items: readonly Item[]; readonly gone: readonly string[] }
  | { readonly type: 'run'; readonly run: RunState };

/** One photo cut out another way, beside the result that stands. */
export interface Trial {
  readonly id: string;
  readonly record: PhotoRecord;
  readonly item: Item;
  readonly totalMs: number;
}

/** What went wrong, in a form both can use. */
export interface Refusal {
  readonly code: string;
  /** English, for where the page has no words of its own. */
  readonly message: string;
  /** The photo as it is now, where somebody else was faster. */
  readonly item?: Item;
}
