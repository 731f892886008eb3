import type { Switches } from "../switches.ts";
import { cutAt, type FunctionError, type GivenUp, type Holes, type Piece, trimmed } from "./piece.ts";

/**
 * Delivering one batch: retries, bisection, partial responses and giving up, as a state machine without time or I/O of
 * its own. Records are named by their place in the batch. Whatever happens, the ranges that succeed and the ranges that
 * are discarded make up the batch, each record once.
 */
export interface Delivery {
  /** Still to do, in the order they are done. */
  readonly pieces: readonly Piece[];
  /** Discarded from within a piece. */
  readonly holes: Holes;
}

/** Why records were discarded. Lambda's own words, but for `RecordTooLarge`: what Lambda does with one is not documented. */
export type DiscardCondition = GivenUp | "RecordAgeExceeded";

export interface DeliveryRules {
  /** Retries after the first attempt; -1 for no limit. */
  readonly retriesMax: number;
  readonly bisect: boolean;
  readonly switches: Pick<
    Switches,
    "halvesOrder" | "oddRecord" | "partialProgress" | "partialAtFirst" | "agedInside" | "retentionExpiry"
  >;
}

/** Of a record: within its limits, over its maximum age, or no longer kept by the stream. */
export type Expiry = "living" | "aged" | "expired";

/** Tells how the record at a place stands now. `tried`: it was sent before. */
export type ExpiryOf = (at: number, tried: boolean) => Expiry;

type Range = { readonly from: number; readonly to: number };

export type Discard = Range & {
  readonly kind: "discard";
  readonly condition: DiscardCondition;
  /** True where not the mapping's settings but the stream's retention ended it. */
  readonly byRetention: boolean;
  readonly failures: number;
  readonly invocations: number;
  readonly error: FunctionError;
};

export type Step =
  | (Range & { readonly kind: "invoke" })
  | Discard
  /** Gone from the stream, and nobody is told. */
  | (Range & { readonly kind: "vanish" })
  | { readonly kind: "done" };

/**
 * What came of an invocation. `bad-response`: the function returned, but not a response that counts as a success.
 * `throttled`: it did not run. `too-large`: no invocation can carry it. `lost`: nobody will ever know. Or a partial
 * response: everything before a place succeeded.
 */
export type Verdict =
  | "success"
  | "function-error"
  | "bad-response"
  | "throttled"
  | "too-large"
  | "lost"
  | { readonly failedFrom: number };

/** How long to wait before the next step: not at all, as after a split, or as before the n-th try of the same piece. */
export type Pause =
  | { readonly kind: "none" }
  | { readonly kind: "split" }
  | { readonly kind: "retry"; readonly n: number };

type After = { readonly delivery: Delivery; readonly pause: Pause };

const none: Pause = { kind: "none" };
const noHoles: Holes = new Set();

export function startDelivery(records: number): Delivery {
  const fresh = { failures: 0, invocations: 0, stalls: 0, error: null, verdict: "open" } as const;
  return { pieces: records === 0 ? [] : [{ from: 0, to: records, ...fresh }], holes: noHoles };
}

/**
 * What to do next. Age is judged record by record, and only what is too old is discarded. What the step is about is in
 * the first piece of the delivery returned. `expiryOf` is undefined where nothing ever grows too old.
 */
export function nextStep(
  delivery: Delivery,
  expiryOf: ExpiryOf | undefined,
  rules: DeliveryRules,
): { delivery: Delivery; step: Step } {
  const [piece, ...rest] = delivery.pieces;
  if (piece === undefined) return { delivery, step: { kind: "done" } };
  if (piece.verdict !== "open") {
    return { delivery, step: { ...discard(piece), condition: piece.verdict, byRetention: false } };
  }
  const whole: Step = { kind: "invoke", from: piece.from, to: piece.to };
  if (expiryOf === undefined) return { delivery, step: whole };
  const run =
    rules.switches.agedInside === "hole" ? firstStale(piece, delivery.holes, expiryOf) : firstRun(piece, expiryOf);
  if (run === undefined) return { delivery, step: whole };
  const step = stepFor(piece, run, rules);
  // Cut where expired and living records meet, so that what is invoked stays a run without gaps.
  const cut = rules.switches.agedInside !== "hole" && run.to < piece.to;
  const pieces = cut ? [...cutAt(piece, run.to, delivery.holes), ...rest] : delivery.pieces;
  return { delivery: { ...delivery, pieces }, step };
}

type Run = Range & { readonly expiry: Expiry };

function firstRun(piece: Piece, expiryOf: ExpiryOf): Run {
  return runFrom(piece, piece.from, expiryOf);
}

/** The first run in a piece that is not to be sent any more. */
function firstStale(piece: Piece, holes: Holes, expiryOf: ExpiryOf): Run | undefined {
  const known: ExpiryOf = (at, tried) => (holes.has(at) ? "living" : expiryOf(at, tried));
  for (let at = piece.from; at < piece.to; ) {
    const run = runFrom(piece, at, known);
    if (run.expiry !== "living") return run;
    at = run.to;
  }
  return undefined;
}

function runFrom(piece: Piece, from: number, expiryOf: ExpiryOf): Run {
  const tried = piece.invocations + piece.stalls > 0;
  const expiry = expiryOf(from, tried);
  let to = from + 1;
  while (to < piece.to && expiryOf(to, tried) === expiry) to++;
  return { from, to, expiry };
}

function stepFor(piece: Piece, { from, to, expiry }: Run, rules: DeliveryRules): Step {
  if (expiry === "living") return { kind: "invoke", from, to };
  if (expiry === "expired" && rules.switches.retentionExpiry === "silent-loss") return { kind: "vanish", from, to };
  const byRetention = expiry === "expired";
  return { ...discard(piece), from, to, condition: "RecordAgeExceeded", byRetention };
}

function discard({ from, to, failures, invocations, error }: Piece) {
  return { kind: "discard", from, to, failures, invocations, error } as const;
}

/** After records of the first piece were discarded or have vanished: all of it, or a run within it. */
export function afterDiscard({ pieces, holes }: Delivery, { from, to }: Range): Delivery {
  const [piece, ...rest] = pieces;
  if (piece === undefined) throw new Error("Expected a delivery with a discarded piece, got one that is done");
  if (from === piece.from && to === piece.to) return { pieces: rest, holes };
  const more = new Set(holes);
  for (let at = from; at < to; at++) more.add(at);
  return { pieces: [...trimmed(piece, more), ...rest], holes: more };
}

/**
 * After the invocation of the first piece. A split does not consume the retry quota, and a throttle does not count
 * against it (Lambda developer guide, "Retain discarded batch records for a Kinesis Data Streams event source").
 */
export function afterInvoke(delivery: Delivery, verdict: Verdict, rules: DeliveryRules): After {
  const { holes } = delivery;
  const [piece, ...rest] = delivery.pieces;
  if (piece === undefined) throw new Error("Expected a delivery with an invoked piece, got one that is done");
  const then = (now: readonly Piece[], pause: Pause): After => ({
    delivery: { pieces: [...now, ...rest], holes },
    pause,
  });
  // The ends of a piece are not holes: of two places, two records.
  const single = piece.to - piece.from === 1;
  const ran = { ...piece, invocations: piece.invocations + 1, stalls: 0 };
  if (typeof verdict === "object") {
    const at = verdict.failedFrom;
    if (at > piece.from) return then(...afterProgress(ran, at, rules));
    if (rules.bisect && !single && rules.switches.partialAtFirst === "halve") {
      return then(halves({ ...ran, error: null }, holes, rules), { kind: "split" });
    }
    return then(...afterFailure({ ...ran, error: null }, rules));
  }
  switch (verdict) {
    case "success":
      return then([], none);
    case "lost":
      return then([ran], none);
    case "throttled": {
      const stalled = { ...piece, stalls: piece.stalls + 1 };
      return then([stalled], { kind: "retry", n: piece.failures + stalled.stalls });
    }
    case "too-large":
      return then(single ? [{ ...piece, verdict: "RecordTooLarge" }] : halves(piece, holes, rules), none);
    case "function-error":
    case "bad-response": {
      const failed = { ...ran, error: verdict === "function-error" ? "Unhandled" : null } as const;
      if (rules.bisect && !single) return then(halves(failed, holes, rules), { kind: "split" });
      return then(...afterFailure(failed, rules));
    }
    default:
      throw verdict satisfies never;
  }
}

function afterFailure(piece: Piece, rules: DeliveryRules): [Piece[], Pause] {
  const failed = { ...piece, failures: piece.failures + 1 };
  if (rules.retriesMax >= 0 && failed.failures > rules.retriesMax) {
    return [[{ ...failed, verdict: "RetryAttemptsExhausted" }], none];
  }
  return [[failed], { kind: "retry", n: failed.failures }];
}

/**
 * After a partial response: the rest from its lowest sequence number on is tried again, whatever in it succeeded (Lambda
 * developer guide, "Configuring partial batch response with Kinesis Data Streams and Lambda").
 */
function afterProgress(piece: Piece, at: number, rules: DeliveryRules): [Piece[], Pause] {
  const remainder: Piece = { ...piece, from: at, error: null };
  const pause: Pause = rules.bisect ? { kind: "split" } : { kind: "retry", n: 1 };
  if (rules.switches.partialProgress === "resets-count") return [[{ ...remainder, failures: 0 }], pause];
  return rules.bisect ? [[remainder], pause] : afterFailure(remainder, rules);
}

function halves(piece: Piece, holes: Holes, { switches }: DeliveryRules): Piece[] {
  const half = (piece.to - piece.from) / 2;
  const middle = piece.from + (switches.oddRecord === "first-half" ? Math.ceil(half) : Math.floor(half));
  const both = cutAt(piece, middle, holes);
  return switches.halvesOrder === "first-half-first" ? both : both.reverse();
}

/** Every record before this place has been dealt with. */
export function doneBefore({ pieces }: Delivery, records: number): number {
  return pieces.reduce((least, piece) => Math.min(least, piece.from), records);
}
