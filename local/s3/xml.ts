/** A list of elements in order, each with its text or its own elements. Undefined contents are left out. */
export type XmlElements = readonly (readonly [
  tag: string,
  content: string | number | boolean | XmlElements | undefined,
])[];

const namespace = "http://s3.amazonaws.com/doc/2006-03-01/";

/** Characters that XML 1.0 cannot hold are written as S3 writes them: as a reference, though no strict parser takes it. */
export function escaped(text: string): string {
  return text.replace(/[&<>"\p{Cc}\ufffe\uffff]/gu, (character) => {
    const named: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
    return named[character] ?? `&#x${character.charCodeAt(0).toString(16)};`;
  });
}

function written(elements: XmlElements): string {
  return elements
    .filter(([, content]) => content !== undefined)
    .map(([tag, content]) => `<${tag}>${Array.isArray(content) ? written(content) : escaped(String(content))}</${tag}>`)
    .join("");
}

/** An XML document as S3 answers. */
export function xmlDocument(root: string, elements: XmlElements): string {
  const attributes = root === "Error" ? "" : ` xmlns="${namespace}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}${attributes}>${written(elements)}</${root}>`;
}

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function unescaped(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) => {
    if (name !== undefined) return entities[name] ?? whole;
    const codePoint = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return codePoint <= 0x10ffff ? String.fromCodePoint(codePoint) : whole;
  });
}

/** What stands in each element of that name. Enough for the one request body that S3 reads here (DeleteObjects). */
export function xmlContents(source: string, tag: string): string[] {
  return [...source.matchAll(new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`, "g"))].map((match) => match[1] ?? "");
}

/** The same for elements that hold text. */
export function xmlTexts(source: string, tag: string): string[] {
  return xmlContents(source, tag).map(unescaped);
}
