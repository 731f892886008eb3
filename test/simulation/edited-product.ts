import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
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
  file: "quarantine/s3.ts",
  from: `  const gzip = createGzip();
  const [chunks] = await Promise.all([gzip.toArray(), pipeline(texts, gzip)]);
  return Buffer.concat(chunks);`,
  to: `  return createGzip === undefined || pipeline === undefined ? Buffer.alloc(0) : Buffer.from([...texts()].join(""));`,
};

/** The product with edits; `name` tells copies apart. Throws where the code has changed and an edit no longer fits in. */
export async function loadEdited(name: string, own: readonly Edit[]): Promise<Product> {
  const edits = [uncompressed, ...own];
  const query = `?edited=${name}`;
  const top = new URL("../../lib/", import.meta.url).href;
  // Whatever the copy imports from lib/ is a copy too.
  const hooks = registerHooks({
    resolve: (specifier, context, next) => {
      const resolved = next(specifier, context);
      const ofCopy = context.parentURL?.endsWith(query) === true && resolved.url.startsWith(top);
      return ofCopy ? { ...resolved, url: `${resolved.url}${query}` } : resolved;
    },
    load: (url, context, next) => {
      const loaded = next(url, context);
      if (!url.endsWith(query)) return loaded;
      const file = url.slice(top.length, -query.length);
      const source = edits.reduce(
        (text, edit) => (edit.file === file ? edited(text, edit, name) : text),
        String(loaded.source),
      );
      return { ...loaded, source };
    },
  });
  try {
    for (const edit of edits) edited(readFileSync(new URL(edit.file, top), "utf8"), edit, name);
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
