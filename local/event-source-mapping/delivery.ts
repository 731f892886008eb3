/**
 * Delivering one batch: retries, bisection and giving up, as a state machine without time or I/O of its own. Records
 * are named by their place in the batch. Whatever happens, the ranges that succeed and the ranges that are discarded
 * make up the batch once, in order.
 */

/** A run of records that is invoked as one. */
interface Piece {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  /** Function errors that count against the retry quota. */
  readonly failures: number;
  /** Invocations that did not happen, since the last function error. */
  readonly stalls: number;
  readonly verdict: "open" | GivenUp;
}

type GivenUp = "RetryAttemptsExhausted" | "RecordTooLarge";

/** Why records were discarded. Lambda's own words, but for `RecordTooLarge`: what Lambda does with one is not documented. */
export type DiscardCondition = GivenUp | "RecordAgeExceeded";

export interface DeliveryRules {
  /** Retries after the first attempt; -1 for no limit. */
  readonly retriesMax: number;
  readonly bisect: boolean;
}

/** The pieces still to do, in order. */
export type Delivery = readonly Piece[];

export type Step =
  | { readonly kind: "invoke"; readonly from: number; readonly to: number }
  | {
      readonly kind: "discard";
      readonly from: number;
      readonly to: number;
      readonly condition: DiscardCondition;
      /** Function errors so far: equal to the invocations, unless the batch was split. */
      readonly failures: number;
    }
  | { readonly kind: "done" };

/** What came of an invocation. `throttled`: the function did not run. `too-large`: no invocation can carry it. */
export type Verdict = "success" | "function-error" | "throttled" | "too-large";

/** How long to wait before the next step: not at all, as after a split, or as before the n-th try of the same piece. */
export type Pause =
  | { readonly kind: "none" }
  | { readonly kind: "split" }
  | { readonly kind: "retry"; readonly n: number };

export function startDelivery(records: number): Delivery {
  return records === 0 ? [] : [{ from: 0, to: records, failures: 0, stalls: 0, verdict: "open" }];
}

/**
 * What to do next. `expired` tells whether the record at a place is over its age limit now: age is judged record by
 * record, and only the expired ones are discarded. The piece that the step is about is the first of the delivery
 * returned.
 */
export function nextStep(delivery: Delivery, expired: (at: number) => boolean): { delivery: Delivery; step: Step } {
  const [piece, ...rest] = delivery;
  if (piece === undefined) return { delivery, step: { kind: "done" } };
  if (piece.verdict !== "open") {
    const { from, to, failures } = piece;
    return { delivery, step: { kind: "discard", from, to, condition: piece.verdict, failures } };
  }
  const stale = expired(piece.from);
  let end = piece.from + 1;
  while (end < piece.to && expired(end) === stale) end++;
  // Cut where expired and living records meet, so that what is invoked stays a run without gaps.
  const cut = end === piece.to ? delivery : [{ ...piece, to: end }, { ...piece, from: end }, ...rest];
  const range = { from: piece.from, to: end };
  if (!stale) return { delivery: cut, step: { kind: "invoke", ...range } };
  return {
    delivery: cut,
    step: { kind: "discard", ...range, condition: "RecordAgeExceeded", failures: piece.failures },
  };
}

/** After the discard of the first piece. */
export const afterDiscard = (delivery: Delivery): Delivery => delivery.slice(1);

/**
 * After the invocation of the first piece. A split does not consume the retry quota, and a throttle does not count
 * against it (Lambda developer guide, "Retain discarded batch records for a Kinesis Data Streams event source").
 */
export function afterInvoke(
  delivery: Delivery,
  verdict: Verdict,
  rules: DeliveryRules,
): { delivery: Delivery; pause: Pause } {
  const [piece, ...rest] = delivery;
  if (piece === undefined) throw new Error("Expected a delivery with an invoked piece, got one that is done");
  const single = piece.to - piece.from === 1;
  switch (verdict) {
    case "success":
      return { delivery: rest, pause: { kind: "none" } };
    case "throttled": {
      const stalled = { ...piece, stalls: piece.stalls + 1 };
      return { delivery: [stalled, ...rest], pause: { kind: "retry", n: piece.failures + stalled.stalls } };
    }
    case "too-large":
      if (single) return { delivery: [{ ...piece, verdict: "RecordTooLarge" }, ...rest], pause: { kind: "none" } };
      return { delivery: [...halves(piece), ...rest], pause: { kind: "none" } };
    case "function-error": {
      if (rules.bisect && !single) return { delivery: [...halves(piece), ...rest], pause: { kind: "split" } };
      const failed: Piece = { ...piece, failures: piece.failures + 1, stalls: 0 };
      if (rules.retriesMax >= 0 && failed.failures > rules.retriesMax) {
        return { delivery: [{ ...failed, verdict: "RetryAttemptsExhausted" }, ...rest], pause: { kind: "none" } };
      }
      return { delivery: [failed, ...rest], pause: { kind: "retry", n: failed.failures } };
    }
    default:
      throw verdict satisfies never;
  }
}

function halves(piece: Piece): [Piece, Piece] {
  const middle = piece.from + Math.ceil((piece.to - piece.from) / 2);
  return [
    { ...piece, to: middle },
    { ...piece, from: middle },
  ];
}
