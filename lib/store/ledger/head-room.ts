import type { HeadState } from "./ledger.ts";
import { packedPart } from "./packed-names.ts";

/*
 * A head is one item, and DynamoDB takes none of more than 400 KB (DynamoDB developer guide, "Quotas"): a shard whose head
 * has outgrown that could never be written for again. So everything in it has a limit. In bytes, for a stream with a short
 * name: 200 ancestors 8,000, 2,000 descendants 80,000, 500 marks 50,000, and what is open the rest.
 */

/** Ancestors of a shard, the nearest, among whose messages its own are looked up. */
export const ancestorsMax = 200;
/** Descendants of a shard, the first to be counted, among whose messages its own are looked up. */
export const descendantsMax = 2_000;
/** A head of more bytes takes no new part: sealing the parts that are open, and taking them over, needs the rest. */
export const headBytesMax = 300_000;

/** As many bytes as the head has in DynamoDB, or some more: its JSON has all that the item has, and quotes. */
export const headBytes = (head: HeadState): number =>
  Buffer.byteLength(JSON.stringify({ ...head, open: head.open.map(packedPart) }));

/** The shard has so many open parts that its head has no room for another. */
export class HeadFull extends Error {
  override readonly name = "HeadFull";

  constructor(shard: string, { open }: HeadState, bytes: number) {
    super(
      `Expected the head of ${shard} to have at most ${headBytesMax} bytes, got ${bytes} with ${open.length} open parts: ` +
        "they have to be swept first",
    );
  }
}

/** Throws HeadFull where the head would have no room for what may still come to the parts that are open in it. */
export function checkRoom(shard: string, head: HeadState): void {
  const bytes = headBytes(head);
  if (bytes > headBytesMax) throw new HeadFull(shard, head, bytes);
}
