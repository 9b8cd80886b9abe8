/**
 * glibc settings that keep freed memory in the process, as the workers have them: a photo's buffers are of the same sizes as
 * the last one's, and fresh pages cost 5 ms a MB.
 */
export const KEEP_HEAP = {
  MALLOC_MMAP_MAX_: '0',
  MALLOC_TRIM_THRESHOLD_: '4294967296',
  MALLOC_TOP_PAD_: '67108864',
  MALLOC_ARENA_MAX: '1',
} as const;
