/** A change that no test can notice, since the code does the same with it. */
export interface Equivalent {
  readonly file: string;
  /** A piece of the line, where not each such change of the file is meant. */
  readonly within?: string;
  /** Of each change: what is there, and what takes its place. */
  readonly changes: readonly (readonly [from: string, to: string])[];
  readonly why: string;
}
