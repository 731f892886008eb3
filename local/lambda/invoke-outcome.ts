/** What came of an invocation. */
export type InvokeOutcome =
  | { readonly kind: "ok" /** JSON. */; readonly payload: string }
  | {
      readonly kind: "function-error";
      readonly errorType: string;
      readonly errorMessage: string;
      /** Lines, as far as the runtime told. */
      readonly trace?: readonly string[];
      /** True where the runtime told of the error; false where the platform had to: a crash, a time-out, no memory left. */
      readonly handled: boolean;
    }
  /** The function did not run: it is at its concurrency limit. */
  | { readonly kind: "throttled" }
  /** The function did not run: the request itself cannot be taken. */
  | { readonly kind: "refused"; readonly reason: string };
