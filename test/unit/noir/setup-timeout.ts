/** Most that the first test of this folder may take: without a cache it installs packages and makes keys, in milliseconds. */
export const SETUP_TIMEOUT_MS = 600_000;
