import type { LogLine } from "../lambda/lambda.ts";

/** One line that a function wrote, or Lambda about it. */
export interface LogEvent {
  /** In the order in which they came, over all groups. */
  readonly id: number;
  readonly timestampMs: number;
  readonly message: string;
}

/** The newest lines of each function; CloudWatch Logs would keep them all. */
const linesMax = 10_000;
const bytesMax = 4 * 1024 * 1024;

interface Group {
  readonly createdMs: number;
  readonly events: LogEvent[];
  bytes: number;
}

/** What functions log, in memory: a group for each, `/aws/lambda/{function}` (Lambda developer guide, "Log and monitor"). */
export class LogStore {
  readonly #groups = new Map<string, Group>();
  readonly #now: () => number;
  #lastId = 0;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  put({ functionName, text }: Pick<LogLine, "functionName" | "text">): void {
    const name = `/aws/lambda/${functionName}`;
    const timestampMs = this.#now();
    const group = this.#groups.get(name) ?? { createdMs: timestampMs, events: [], bytes: 0 };
    this.#groups.set(name, group);
    group.events.push({ id: ++this.#lastId, timestampMs, message: text });
    group.bytes += Buffer.byteLength(text);
    while (group.events.length > linesMax || (group.bytes > bytesMax && group.events.length > 1)) {
      group.bytes -= Buffer.byteLength(group.events.shift()?.message ?? "");
    }
  }

  groups(): readonly { readonly name: string; readonly createdMs: number; readonly bytes: number }[] {
    return [...this.#groups].map(([name, { createdMs, bytes }]) => ({ name, createdMs, bytes }));
  }

  /** Oldest first; undefined where there is no such group. */
  events(group: string): readonly LogEvent[] | undefined {
    return this.#groups.get(group)?.events;
  }
}
