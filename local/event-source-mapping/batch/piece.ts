/** Of the last invocation that failed: what was thrown has this name, a response that reports failures has none. */
export type FunctionError = "Unhandled" | null;

export type GivenUp = "RetryAttemptsExhausted" | "RecordTooLarge";

/** A run of records of a batch that is invoked as one, by their places in it. */
export interface Piece {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  /** Attempts that count against the retry quota. */
  readonly failures: number;
  /** Invocations that its records were in. */
  readonly invocations: number;
  /** Invocations that did not happen, since the last attempt that counted. */
  readonly stalls: number;
  readonly error: FunctionError;
  readonly verdict: "open" | GivenUp;
}

/** Places of a batch inside a piece that are not to be sent any more. */
export type Holes = ReadonlySet<number>;

/** The piece without holes at its ends; none if nothing is left. Every piece of a delivery is one that came from here. */
export function trimmed(piece: Piece, holes: Holes): Piece[] {
  if (holes.size === 0) return piece.from < piece.to ? [piece] : [];
  let { from, to } = piece;
  while (from < to && holes.has(from)) from++;
  while (from < to && holes.has(to - 1)) to--;
  return from < to ? [{ ...piece, from, to }] : [];
}

/** Both parts of a piece that is cut before a place. */
export function cutAt(piece: Piece, place: number, holes: Holes): Piece[] {
  return [...trimmed({ ...piece, to: place }, holes), ...trimmed({ ...piece, from: place }, holes)];
}
