/** Limits of this emulator, so that nothing here can grow without end. */
export const BOUNDS = {
  requestChars: 8 * 1024 * 1024,
  waitingWrites: 500,
  groupRecords: 5000,
  runningQueries: 2,
  waitingQueries: 100,
  openCursors: 8,
  queryMs: 60_000,
  trimEveryMs: 10 * 60_000,
} as const;
