/**
 * Node's flag for a worker: the MB that half of V8's young objects may take. Photos, masks and networks lie outside V8's heap, and what
 * a worker makes of its own is small and short-lived; left to itself V8 lets tens of MB of that lie before it looks
 * through it. Peak memory of `balanced` falls by a tenth by it, for no CPU that could be measured.
 */
export const SMALL_YOUNG_HEAP = '--max-semi-space-size=1';
