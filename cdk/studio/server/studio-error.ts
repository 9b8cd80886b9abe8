import type { Item } from '../protocol.ts';

type StudioErrorCode =
  | 'bad_request'
  | 'no_token'
  | 'wrong_token'
  | 'wrong_host'
  | 'foreign_origin'
  | 'not_found'
  | 'outside'
  | 'vanished'
  | 'conflict'
  | 'not_decidable'
  | 'too_large'
  | 'not_a_photo'
  | 'unsupported_format'
  | 'empty_file'
  | 'bad_name'
  | 'photo_missing'
  | 'photo_replaced'
  | 'model_missing'
  | 'unknown_preset'
  | 'bad_mask'
  | 'trial_failed'
  | 'nothing_chosen'
  | 'not_here';

/** The status a browser is answered with. */
const STATUS: Readonly<Record<StudioErrorCode, number>> = {
  bad_request: 400,
  no_token: 401,
  wrong_token: 401,
  wrong_host: 421,
  foreign_origin: 403,
  not_found: 404,
  outside: 403,
  vanished: 404,
  conflict: 409,
  not_decidable: 400,
  too_large: 413,
  not_a_photo: 415,
  unsupported_format: 415,
  empty_file: 415,
  bad_name: 400,
  photo_missing: 404,
  photo_replaced: 409,
  model_missing: 409,
  unknown_preset: 400,
  bad_mask: 400,
  trial_failed: 422,
  nothing_chosen: 400,
  not_here: 400,
};

/** Something the studio does not do, said to the person in front of it. */
export class StudioError extends Error {
  override readonly name = 'StudioError';
  readonly code: StudioErrorCode;
  /** The photo as it is now, where somebody else was faster. */
  readonly item: Item | undefined;

  constructor(code: StudioErrorCode, message: string, options: ErrorOptions & { readonly item?: Item } = {}) {
    super(message, options);
    this.code = code;
    this.item = options.item;
  }

  get status(): number {
    return STATUS[this.code];
  }
}
