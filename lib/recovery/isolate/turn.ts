const goldenRatio = 0.618_033_988_749_894_9;

/**
 * Where a run begins in a list of `count`, so that what cannot be done does not keep the rest from its turn: another place
 * every minute, spread over the list whatever the schedule is. With the minute itself, a list as long as the schedule's
 * minutes would begin in the same place for ever.
 */
export const startInTurn = (count: number, nowMs: number): number =>
  Math.floor(((Math.floor(nowMs / 60_000) * goldenRatio) % 1) * count);
