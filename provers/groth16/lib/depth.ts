/**
 * Depths of tree that the ceremony made keys for. Semaphore's Solidity verifier does not check this range,
 * and past it reads zeros for a key, which any proof satisfies: whoever calls it has to check.
 */
export const MIN_DEPTH = 1;
export const MAX_DEPTH = 32;
