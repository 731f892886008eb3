import {
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandInput,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  NoSuchKey,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";

/** S3 lists at most this many keys a page (S3 API, ListObjectsV2). */
const pageKeysMax = 1_000;

interface StoredObject {
  readonly body: Buffer;
  readonly writtenMs: number;
}

type Command = { readonly input: object };

export interface BucketSettings {
  readonly now: () => number;
  /** Keys of a page; between two pages anything may happen. */
  readonly pageKeys?: number;
  /** Is told what is taken away. */
  readonly deleted?: (key: string, body: Buffer) => void;
}

/** A bucket of S3 in memory behind the SDK's own commands: strongly consistent, listed in the order of keys, page by page. */
export class S3Bucket {
  readonly objects = new Map<string, StoredObject>();
  readonly #settings: BucketSettings;

  constructor(settings: BucketSettings) {
    this.#settings = settings;
  }

  client(via: (command: Command, run: () => unknown) => Promise<unknown> = async (_, run) => run()): S3Client {
    const send = (command: Command): Promise<unknown> => via(command, () => this.#answer(command));
    return { send, destroy: () => {} } as unknown as S3Client;
  }

  put(key: string, body: string | Uint8Array): void {
    this.objects.set(key, { body: Buffer.from(body as Uint8Array), writtenMs: this.#settings.now() });
  }

  delete(key: string): void {
    const known = this.objects.get(key);
    if (known !== undefined) this.#settings.deleted?.(key, known.body);
    this.objects.delete(key);
  }

  #answer(command: Command): unknown {
    if (command instanceof GetObjectCommand) return this.#get(command.input);
    if (command instanceof ListObjectsV2Command) return this.#list(command.input);
    if (command instanceof PutObjectCommand) {
      const { Key = "", Body } = command.input;
      if (typeof Body !== "string" && !(Body instanceof Uint8Array))
        throw new Error("Expected a body of text or bytes");
      this.put(Key, Body);
      return {};
    }
    if (command instanceof DeleteObjectCommand) {
      this.delete(command.input.Key ?? "");
      return {};
    }
    throw new Error(`Expected a command that the fake of S3 has, got ${command.constructor.name}`);
  }

  #get({ Key = "", Range }: GetObjectCommandInput): object {
    const stored = this.objects.get(Key);
    if (stored === undefined) throw new NoSuchKey({ message: "The specified key does not exist.", $metadata: {} });
    const bytes = Range === undefined ? stored.body : ranged(stored.body, Range);
    const Body = {
      transformToString: async (encoding: BufferEncoding = "utf8") => bytes.toString(encoding),
      transformToByteArray: async () => new Uint8Array(bytes),
      [Symbol.asyncIterator]: async function* () {
        yield bytes;
      },
    };
    return { Body, ContentLength: bytes.length, LastModified: new Date(stored.writtenMs) };
  }

  #list({ Prefix = "", Delimiter, StartAfter, ContinuationToken, MaxKeys = pageKeysMax }: ListObjectsV2CommandInput) {
    const most = Math.min(MaxKeys, pageKeysMax, this.#settings.pageKeys ?? pageKeysMax);
    const after = ContinuationToken ?? StartAfter ?? "";
    const found: { key: string; isFolder: boolean }[] = [];
    for (const key of [...this.objects.keys()].sort()) {
      if (!key.startsWith(Prefix)) continue;
      const end = Delimiter === undefined ? -1 : key.indexOf(Delimiter, Prefix.length);
      const entry = end === -1 ? { key, isFolder: false } : { key: key.slice(0, end + 1), isFolder: true };
      // A folder stands for all that is in it, also for whoever goes on behind it.
      if (entry.key <= after || found.at(-1)?.key === entry.key) continue;
      found.push(entry);
      if (found.length > most) break;
    }
    const page = found.slice(0, most);
    return {
      Contents: page.flatMap(({ key, isFolder }) => {
        const stored = this.objects.get(key);
        return isFolder || stored === undefined
          ? []
          : [{ Key: key, Size: stored.body.length, LastModified: new Date(stored.writtenMs) }];
      }),
      CommonPrefixes: page.flatMap(({ key, isFolder }) => (isFolder ? [{ Prefix: key }] : [])),
      IsTruncated: found.length > most,
      ...(found.length > most ? { NextContinuationToken: page.at(-1)?.key } : {}),
    };
  }
}

/** `bytes=<first>-<last>`, both included; what begins behind the end is no range (RFC 9110, 14.1.2). */
function ranged(body: Buffer, range: string): Buffer {
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(range) ?? [];
  if (first === undefined) throw new Error(`Expected a range of bytes, got ${range}`);
  if (Number(first) >= body.length)
    throw Object.assign(new Error("The requested range is not satisfiable"), { name: "InvalidRange" });
  return body.subarray(Number(first), last === "" ? undefined : Number(last) + 1);
}
