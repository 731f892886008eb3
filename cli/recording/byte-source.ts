import { createReadStream, type ReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { type Duplex, pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";

/** Bytes of the file read ahead: small, so that the part read says how much is done. */
const readBytes = 32 * 1024;
const unpackedBytes = 64 * 1024;

/** The bytes of a file, unpacked if it is gzip by its first bytes. */
export class ByteSource {
  readonly file: string;
  readonly gzip: boolean;
  /** Bytes of the file, as it is on disk. */
  readonly bytesTotal: number;
  #stream: ReadStream | undefined;

  private constructor(file: string, gzip: boolean, bytesTotal: number) {
    this.file = file;
    this.gzip = gzip;
    this.bytesTotal = bytesTotal;
  }

  /** Throws what the file system throws. */
  static async open(file: string): Promise<ByteSource> {
    const handle = await open(file);
    try {
      const { size } = await handle.stat();
      const { buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0);
      return new ByteSource(file, buffer[0] === 0x1f && buffer[1] === 0x8b, size);
    } finally {
      await handle.close();
    }
  }

  /** Bytes of the file read by the latest stream. */
  get bytesRead(): number {
    return this.#stream?.bytesRead ?? 0;
  }

  /** A new stream from the beginning, through the others in turn. What fails on the way is thrown to who reads the end. */
  stream(...through: readonly Duplex[]): Readable {
    const file = createReadStream(this.file, { highWaterMark: readBytes });
    this.#stream = file;
    const streams: (ReadStream | Duplex)[] = [file];
    if (this.gzip) streams.push(createGunzip({ chunkSize: unpackedBytes }));
    streams.push(...through);
    const end = streams.at(-1) ?? file;
    // The reader of the end gets the error as well; this callback only keeps it from being nobody's.
    if (streams.length > 1) pipeline(streams as [ReadStream, Duplex], () => {});
    return end;
  }
}
