import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, unlinkSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { compareKeys } from "./key-order.ts";
import { keyOfPath, objectPath } from "./object-path.ts";

/** Objects are held in memory whole while they are read or written. S3 itself takes 5 TB. */
export const objectBytesMax = 64 * 1024 * 1024;

/** What is known of an object besides its content. */
export type StoredObject = {
  readonly key: string;
  /** MD5 in hex, without the quotes it has on the wire; of a multipart upload the MD5 of its parts' and their number. */
  readonly etag: string;
  readonly size_bytes: number;
  readonly modified_ms: number;
  /** Headers to send with the content: its type and encoding, `x-amz-meta-*`, and the like. */
  readonly headers: Readonly<Record<string, string>>;
};

/** May refuse a write by throwing, given what is there now. */
export type WriteCondition = (present: StoredObject | undefined) => void;

export type Bucket = {
  readonly name: string;
  readonly created_ms: number;
  readonly head: (key: string) => StoredObject | undefined;
  /** Nothing where the object is gone. */
  readonly get: (key: string) => Promise<{ object: StoredObject; content: Buffer } | undefined>;
  /** All of the object is there afterwards, or nothing of it. Of two writes at once the one that ends last stays. */
  readonly put: (
    key: string,
    content: Buffer,
    headers: Readonly<Record<string, string>>,
    /** `etag` where it is not the content's MD5. */
    options?: { readonly condition?: WriteCondition; readonly etag?: string },
  ) => Promise<StoredObject>;
  readonly delete: (key: string) => void;
  /** In UTF-8 binary order. */
  readonly keys: () => readonly string[];
};

const isMissing = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "ENOENT";

function md5(content: Buffer): string {
  return createHash("md5").update(content).digest("hex");
}

async function contentIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function removeIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

function filesIn(directory: string): string[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

function storedMetadata(path: string): StoredObject | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as StoredObject;
  } catch {
    return undefined;
  }
}

/** A file and what was written beside it may disagree after a crash, or when somebody put the file there: then the file is right. */
function foundObject(contentPath: string, path: string, metadataPath: string): StoredObject | undefined {
  const stored = storedMetadata(metadataPath);
  const { size, mtimeMs } = statSync(contentPath);
  if (stored !== undefined && stored.size_bytes === size && stored.modified_ms === Math.floor(mtimeMs)) return stored;
  const key = stored?.key ?? keyOfPath(path);
  if (key === undefined || objectPath(key) !== path || size > objectBytesMax) return undefined;
  const etag = md5(readFileSync(contentPath));
  return { key, etag, size_bytes: size, modified_ms: Math.floor(mtimeMs), headers: stored?.headers ?? {} };
}

function scan(contents: string, metadata: string): Map<string, StoredObject> {
  const objects = new Map<string, StoredObject>();
  for (const contentPath of filesIn(contents)) {
    const path = relative(contents, contentPath).split(sep).join("/");
    const object = foundObject(contentPath, path, join(metadata, `${path}.json`));
    if (object !== undefined) objects.set(object.key, object);
  }
  return objects;
}

/**
 * Opens the bucket in the folder `root/name`, made where missing. Each object is a file there (see object-path.ts);
 * its headers are in a file of the same path under `root/.metadata`. An index of the keys is held in memory.
 */
export function openBucket(root: string, name: string): Bucket {
  const contents = join(root, name);
  const metadata = join(root, ".metadata", name);
  const temporary = join(root, ".temporary");
  for (const directory of [contents, metadata, temporary]) mkdirSync(directory, { recursive: true });
  const objects = scan(contents, metadata);
  let sorted: readonly string[] | undefined;

  const commit = (object: StoredObject, contentFile: string, metadataFile: string): void => {
    const path = objectPath(object.key);
    for (const [from, to] of [
      [metadataFile, join(metadata, `${path}.json`)],
      [contentFile, join(contents, path)],
    ] as const) {
      mkdirSync(dirname(to), { recursive: true });
      renameSync(from, to);
    }
    if (!objects.has(object.key)) sorted = undefined;
    objects.set(object.key, object);
  };

  const forget = (key: string): void => {
    if (objects.delete(key)) sorted = undefined;
  };

  return {
    name,
    created_ms: Math.floor(statSync(contents).birthtimeMs),
    head: (key) => objects.get(key),
    get: async (key) => {
      for (;;) {
        const object = objects.get(key);
        if (object === undefined) return undefined;
        const content = await contentIfThere(join(contents, objectPath(key)));
        // Where a write came between, what was read may be either: read again.
        if (objects.get(key) !== object) continue;
        if (content !== undefined) return { object, content };
        forget(key);
      }
    },
    put: async (key, content, headers, { condition, etag = md5(content) } = {}) => {
      condition?.(objects.get(key));
      const [contentFile, metadataFile] = [join(temporary, randomUUID()), join(temporary, randomUUID())];
      try {
        await mkdir(temporary, { recursive: true });
        await writeFile(contentFile, content);
        const modified_ms = Math.floor(statSync(contentFile).mtimeMs);
        const object = { key, etag, size_bytes: content.length, modified_ms, headers };
        await writeFile(metadataFile, JSON.stringify(object));
        // From here to the end nothing else runs, so that the condition still holds when the write is done.
        condition?.(objects.get(key));
        commit(object, contentFile, metadataFile);
        return object;
      } finally {
        for (const file of [contentFile, metadataFile]) removeIfThere(file);
      }
    },
    delete: (key) => {
      if (!objects.has(key)) return;
      const path = objectPath(key);
      for (const file of [join(contents, path), join(metadata, `${path}.json`)]) removeIfThere(file);
      forget(key);
    },
    keys: () => {
      sorted ??= [...objects.keys()].sort(compareKeys);
      return sorted;
    },
  };
}
