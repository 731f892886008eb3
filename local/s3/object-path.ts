import { createHash } from "node:crypto";

const pathCharactersMax = 400;
const segmentCharactersMax = 200;

/** Every other byte is written `%hh`. Capital letters too: a file system that ignores case must not merge two keys. */
function escaped(segment: string, plain: RegExp): string {
  const characters = [...Buffer.from(segment, "utf8")].map((byte) => {
    const character = String.fromCharCode(byte);
    return plain.test(character) ? character : `%${byte.toString(16).padStart(2, "0")}`;
  });
  return characters.join("");
}

/** A folder's name never has a dot and is never empty. */
function folderName(segment: string): string {
  return segment === "" ? "%%" : escaped(segment, /[a-z0-9_=-]/);
}

/** A file's name has a dot that is neither first nor last, or ends in `%`: so no file has a folder's name. */
function fileName(segment: string): string {
  const name = escaped(segment, /[a-z0-9_=.-]/)
    .replace(/^\./, "%2e")
    .replace(/\.$/, "%2e");
  return name.includes(".") ? name : `${name}%`;
}

/**
 * The file of an object, relative to its bucket's folder: the key as it reads, with what file systems disagree about
 * escaped. Different keys have different files, no file is where another's folder is, and none is outside the
 * bucket's folder. A key too long for that gets a file named by its hash.
 */
export function objectPath(key: string): string {
  const segments = key.split("/");
  const last = segments.length - 1;
  const names = segments.map((segment, at) => (at === last ? fileName(segment) : folderName(segment)));
  const path = names.join("/");
  if (path.length <= pathCharactersMax && names.every((name) => name.length <= segmentCharactersMax)) return path;
  return `%long/${createHash("sha256").update(key, "utf8").digest("hex")}%`;
}

/** The key that {@link objectPath} made a path of, or nothing where it cannot be told from the path. */
export function keyOfPath(path: string): string | undefined {
  try {
    const key = path
      .split("/")
      .map((name) => (name === "%%" ? "" : decodeURIComponent(name.replace(/%$/, ""))))
      .join("/");
    return objectPath(key) === path ? key : undefined;
  } catch {
    return undefined;
  }
}
