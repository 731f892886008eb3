/** A message of the Segment spec. What it holds beyond this is the recording's. */
export interface Message extends Record<string, unknown> {
  messageId: string;
  timestamp: string;
}

/** One event of a recording. */
export interface RecordedEvent {
  /** When it happened, in epoch milliseconds, as recorded. */
  readonly timeMs: number;
  readonly message: Message;
}

/** A row that is no event. */
export interface BadRow {
  /** Of the unpacked file, counted from 1; where a row ends if it goes over several lines. */
  readonly line: number;
  /** What was expected and what came. */
  readonly reason: string;
}

/** An event, or why there is none. */
export type Mapped = RecordedEvent | string;
