/** When a worker doubts a cutout, and what it does then. */
export interface DoubtSettings {
  /** Holds the bigger model that doubtful photos go through, too. @default none */
  readonly escalateFolder?: string | undefined;
  /** Less sure cutouts are doubtful, 0..1. @default the handler's */
  readonly reviewBelow?: number | undefined;
  /** Less sure photos get no cutout, 0..1. @default the handler's */
  readonly rejectBelow?: number | undefined;
}

/** Writes the settings as the handler reads them; what is left out stays the handler's to say. */
export function doubtEnvironment({ escalateFolder, reviewBelow, rejectBelow }: DoubtSettings): Record<string, string> {
  return {
    ...(escalateFolder === undefined ? {} : { CUTLINE_ESCALATE_FOLDER: escalateFolder }),
    ...(reviewBelow === undefined ? {} : { CUTLINE_REVIEW_BELOW: String(reviewBelow) }),
    ...(rejectBelow === undefined ? {} : { CUTLINE_REJECT_BELOW: String(rejectBelow) }),
  };
}
