import { readFileSync } from "node:fs";
import { registerHooks, stripTypeScriptTypes } from "node:module";
import { loadProduct, type Product } from "./product.ts";

/** A text that stands once in a file below `lib/`, and what takes its place. */
export interface Edit {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/**
 * Nothing that really waits may be part of a run: what goes to quarantine is not compressed by threads. Its reader is the
 * oracle.
 */
const uncompressed: Edit = {
  file: "store/quarantine/s3.ts",
  from: `  const gzip = createGzip();
  const [chunks] = await Promise.all([gzip.toArray(), pipeline(texts, gzip)]);
  return Buffer.concat(chunks);`,
  to: `  return createGzip === undefined || pipeline === undefined ? Buffer.alloc(0) : Buffer.from([...texts()].join(""));`,
};

/** Chance is the run's own. */
const ownChance: Edit = {
  file: "store/ledger/dynamodb.ts",
  from: 'randomBytes(8).toString("base64url")',
  to: "String(Math.random() + 0 * randomBytes.length)",
};

/** Maps of message ids grow within a few records. */
const smallMaps: Edit = { file: "roll-up/dedupe/id-map.ts", from: "expected = 512", to: "expected = 8" };

const fasterMarshalling = new URL("marshalling.ts", import.meta.url).href;
const top = new URL("../../lib/", import.meta.url).href;
/** What JavaScript is made of a text is the same for all copies. */
const stripped = new Map<string, string>();

function sourceOf(file: string, edits: readonly Edit[], name: string): string {
  const own = edits.filter((edit) => edit.file === file);
  const text = own.reduce((text, edit) => edited(text, edit, name), readFileSync(new URL(file, top), "utf8"));
  const known = stripped.get(text) ?? stripTypeScriptTypes(text);
  stripped.set(text, known);
  return known;
}

/** The product with edits; `name` tells copies apart. Throws where the code has changed and an edit no longer fits in. */
export async function loadEdited(name: string, own: readonly Edit[]): Promise<Product> {
  const edits = [uncompressed, ownChance, smallMaps, ...own];
  const query = `?edited=${name}`;
  // Whatever the copy imports from lib/ is a copy too.
  const hooks = registerHooks({
    resolve: (specifier, context, next) => {
      const isCopy = context.parentURL?.endsWith(query) === true;
      if (isCopy && specifier === "@aws-sdk/util-dynamodb") return next(fasterMarshalling, context);
      const resolved = next(specifier, context);
      const ofCopy = isCopy && resolved.url.startsWith(top);
      return ofCopy ? { ...resolved, url: `${resolved.url}${query}` } : resolved;
    },
    load: (url, context, next) => {
      if (!url.endsWith(query)) return next(url, context);
      const file = url.slice(top.length, -query.length);
      return { format: "module", shortCircuit: true, source: sourceOf(file, edits, name) };
    },
  });
  try {
    for (const { file } of edits) sourceOf(file, edits, name);
    return await loadProduct(query);
  } finally {
    hooks.deregister();
  }
}

function edited(text: string, { file, from, to }: Edit, name: string): string {
  const pieces = text.split(from);
  if (pieces.length !== 2) {
    throw new Error(`${name}: expected once in lib/${file}, got ${pieces.length - 1} times: ${from}`);
  }
  return pieces.join(to);
}
