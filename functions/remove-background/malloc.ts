/**
 * How glibc keeps a worker's memory, read when the process starts: what a photo frees stays in the process, since the next
 * one needs the same and fresh pages cost time; only blocks of 4 MB and more go back. Loading a network leaves hundreds of MB
 * of those behind, in holes too small for its activations: IS-Net's peak at 12 MP falls from 1,219 to 986 MB by it, at the
 * same CPU time.
 */
export const MALLOC_SETTINGS = Object.freeze({
  MALLOC_MMAP_THRESHOLD_: '4194304',
  MALLOC_TRIM_THRESHOLD_: '4294967296',
  MALLOC_TOP_PAD_: '67108864',
  MALLOC_ARENA_MAX: '1',
});
