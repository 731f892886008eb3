import type { EventLine } from "./event-line.ts";

/**
 * Events on their way into one record, in order. They are kept with their keys until the record is taken, to be packed
 * anew should the shards change.
 */
export class Batch {
  readonly lines: string[] = [];
  readonly keys: string[] = [];
  /** As NDJSON: the lines and their line ends. */
  bytes = 0;
  /** It has lingered long enough and goes out as soon as its shard is free; until then it still takes events. */
  due = false;

  get events(): number {
    return this.lines.length;
  }

  /** Whether one more event stays inside the limits. An empty batch takes any event. */
  fits(bytes: number, bytesMax: number, eventsMax: number): boolean {
    return this.events === 0 || (this.events < eventsMax && this.bytes + bytes + 1 <= bytesMax);
  }

  add({ text, bytes }: EventLine, key: string): void {
    this.lines.push(text);
    this.keys.push(key);
    this.bytes += bytes + 1;
  }

  toBuffer(): Buffer {
    const data = Buffer.allocUnsafeSlow(this.bytes);
    let end = 0;
    for (const line of this.lines) {
      end += data.write(line, end);
      data[end++] = 10;
    }
    return data;
  }
}
