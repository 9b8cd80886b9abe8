import type { RuleResult } from '#functions/contract/preset-rules.ts';
import type { DoubtReason, RejectionCode } from '#functions/contract/record.ts';
import type { Session } from '../../protocol.ts';

/** Everything the page says, in one language. */
export interface Words {
  /** BCP 47. */
  readonly language: string;
  readonly title: string;
  readonly gallery: string;
  readonly review: string;
  readonly addPhotos: string;
  readonly download: string;
  readonly downloadAll: string;
  readonly downloadSelected: (count: string) => string;
  readonly downloadTable: string;
  readonly language_: string;
  readonly theme: string;
  readonly themes: { readonly system: string; readonly light: string; readonly dark: string };
  readonly photos: (count: number, text: string) => string;
  readonly selected: (count: string) => string;
  readonly clearSelection: string;
  readonly selectShown: string;
  readonly select: (name: string) => string;
  readonly retrySelected: string;
  readonly filters: string;
  readonly show: string;
  readonly all: string;
  readonly standings: {
    readonly review: string;
    readonly ok: string;
    readonly approved: string;
    readonly refused: string;
    readonly rejected: string;
  };
  readonly reasonFilter: string;
  readonly ruleFilter: string;
  readonly any: string;
  readonly search: string;
  readonly sort: string;
  readonly sorts: { readonly doubtful: string; readonly sure: string; readonly name: string };
  readonly atLeast: string;
  readonly orMore: (share: string) => string;
  readonly clearFilters: string;
  readonly nothingHere: string;
  readonly nothingMatches: string;
  readonly ground: string;
  readonly grounds: { readonly checkers: string; readonly white: string; readonly black: string; readonly own: string };
  readonly ownColour: string;
  readonly sure: (share: string) => string;
  readonly noPreview: string;
  readonly open: (name: string) => string;
  // One photo
  readonly back: string;
  readonly previous: string;
  readonly next: string;
  readonly position: (at: string, of: string) => string;
  readonly modes: { readonly slider: string; readonly side: string; readonly cutout: string; readonly mask: string };
  readonly view: string;
  readonly zoom: string;
  readonly fit: string;
  readonly before: string;
  readonly after: string;
  readonly divider: string;
  readonly notInPlace: string;
  readonly photoMissing: string;
  readonly photoReplaced: string;
  readonly makingMask: string;
  readonly approve: string;
  readonly refuse: string;
  readonly undecide: string;
  readonly undo: string;
  readonly tryAnother: string;
  readonly brush: string;
  readonly outputs: string;
  readonly record: string;
  readonly wholeRecord: string;
  readonly whyLook: string;
  readonly nothingToDoubt: string;
  readonly allDone: string;
  readonly decided: { readonly approved: string; readonly refused: string; readonly undone: string };
  readonly conflict: string;
  /** Photos of a decision about many. */
  readonly leftAlone: (count: string) => string;
  readonly facts: {
    readonly model: string;
    readonly preset: string;
    readonly size: string;
    readonly confidence: string;
    readonly coverage: string;
    readonly time: string;
    readonly sku: string;
    readonly decidedAt: string;
    readonly retouched: string;
  };
  readonly ruleBroken: (preset: string, rule: string, value: string, asked: string) => string;
  // Trial
  readonly trialStart: string;
  readonly trialRunning: string;
  readonly stands: string;
  readonly trial: string;
  readonly keepTrial: string;
  readonly keepStanding: string;
  // Brush
  readonly restore: string;
  readonly erase: string;
  readonly brushSize: string;
  readonly softness: string;
  readonly undoStroke: string;
  readonly saveMask: string;
  readonly cancel: string;
  readonly brushHelp: string;
  readonly brushCanvas: string;
  // Adding
  readonly dropHere: string;
  readonly dropHint: (limit: string, kind: Session['kind']) => string;
  readonly choosePhotos: string;
  readonly model: string;
  readonly preset: string;
  readonly edges: string;
  readonly edgesOfPreset: string;
  readonly fetchFirst: string;
  /** How much of the true shape a network finds, on photos of a kind. */
  readonly overlap: (share: string, set: string) => string;
  readonly aPhoto: (time: string, isMeasured: boolean) => string;
  readonly modelElsewhere: string;
  readonly uploading: (done: string, total: string) => string;
  readonly notTaken: (count: string) => string;
  readonly states: {
    readonly waiting: string;
    readonly starting: string;
    readonly running: string;
    readonly done: string;
    readonly failed: string;
    readonly stopped: string;
  };
  readonly progress: (finished: string, total: string) => string;
  readonly stop: string;
  readonly goOn: string;
  readonly runs: string;
  readonly dismiss: string;
  readonly close: string;
  // Keys
  readonly shortcuts: string;
  readonly keys: {
    readonly move: string;
    readonly open: string;
    readonly mode: string;
    readonly zoom: string;
    readonly brush: string;
    readonly space: string;
    readonly paint: string;
  };
  readonly shortcutsOn: string;
  // State of the world
  readonly loading: string;
  readonly lost: string;
  readonly locked: string;
  readonly failed: string;
  readonly dayAndTime: (iso: string) => string;
  readonly doubts: Readonly<Record<DoubtReason, string>>;
  readonly rejections: Readonly<Record<RejectionCode, string>>;
  readonly rules: (check: RuleResult['check']) => string;
  /** What a shop asks for, e.g. `0.85 or more`. */
  readonly limit: (rule: Pick<RuleResult, 'min' | 'max' | 'oneOf'>) => string;
  /** What the server refuses, by its code; where there is none, its own English sentence is shown. */
  readonly refusals: Readonly<Record<string, string>>;
}
