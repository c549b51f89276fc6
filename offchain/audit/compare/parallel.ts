/** Contract views read at the same time. */
export const PARALLEL_READS = 16;
