import { idBytes } from "./id-map.ts";

/** Where the ids of a part are in a log. */
export interface LogPlace {
  readonly block: number;
  readonly offset: number;
}

interface Block {
  readonly bytes: Buffer;
  /** Bytes that are taken from its start on. */
  used: number;
  /** Bytes of parts that were not released yet. */
  live: number;
}

const blockBytesMin = 4 * 1024;
const blockBytesMax = 256 * 1024;

/**
 * The ids of many parts in a few buffers: a buffer for each part would cost more than the ids of a small one. A block is
 * given back when all of its parts are released, and parts leave roughly in the order in which they came.
 */
export class IdLog {
  readonly #blocks: (Block | undefined)[] = [];
  #current = -1;
  #bytes = 0;

  /** Memory that it takes. */
  get bytes(): number {
    return this.#bytes;
  }

  add(ids: Buffer): LogPlace {
    let block = this.#blocks[this.#current];
    if (block === undefined || block.used + ids.length > block.bytes.length) block = this.#open(ids.length);
    const offset = block.used;
    ids.copy(block.bytes, offset);
    block.used += ids.length;
    block.live += ids.length;
    return { block: this.#current, offset };
  }

  /** So many ids at a place; valid until they are released. */
  at({ block, offset }: LogPlace, ids: number): Buffer {
    const bytes = this.#blocks[block]?.bytes;
    if (bytes === undefined) throw new Error(`No block ${block} in the log of message ids`);
    return bytes.subarray(offset, offset + ids * idBytes);
  }

  release({ block: index }: LogPlace, ids: number): void {
    const block = this.#blocks[index];
    if (block === undefined) return;
    block.live -= ids * idBytes;
    if (block.live > 0) return;
    this.#blocks[index] = undefined;
    this.#bytes -= block.bytes.length;
  }

  /** A log that holds much takes larger blocks. */
  #open(needed: number): Block {
    const size = Math.max(needed, Math.min(blockBytesMax, Math.max(blockBytesMin, Math.ceil(this.#bytes / 8))));
    const block = { bytes: Buffer.allocUnsafeSlow(size), used: 0, live: 0 };
    const free = this.#blocks.indexOf(undefined);
    this.#current = free === -1 ? this.#blocks.length : free;
    this.#blocks[this.#current] = block;
    this.#bytes += size;
    return block;
  }
}
