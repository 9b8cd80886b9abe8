/** Networks that lie in the repo under `weights/`, ready to run, the lightest first; recipes of the same name make them. */
export const TIERS = ['fast', 'balanced', 'quality'] as const;

/** What runs where nobody says otherwise. */
export const DEFAULT_MODEL: (typeof TIERS)[number] = 'balanced';
