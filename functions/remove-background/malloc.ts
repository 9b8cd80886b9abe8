/**
 * How glibc keeps a worker's memory, read when the process starts: what a photo frees stays in the process, since the next
 * one needs the same and fresh pages cost time; only blocks of 1 MB and more go back. Loading a network leaves hundreds of MB
 * of those behind, in holes too small for its activations: IS-Net's peak at 12 MP falls from 1,219 to 951 MiB by it, for 20 to
 * 75 ms of CPU a photo.
 */
export const MALLOC_SETTINGS = Object.freeze({
  MALLOC_MMAP_THRESHOLD_: '1048576',
  MALLOC_TRIM_THRESHOLD_: '4294967296',
  MALLOC_ARENA_MAX: '1',
});
