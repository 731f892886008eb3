/** A piece of an `Fn::Sub` string: plain text, or the name between `${` and `}`. */
export type SubPiece = { readonly text: string } | { readonly variable: string };

const variable = /\$\{([^}]*)\}/g;

/**
 * Cuts an `Fn::Sub` string into text and variables. `${!Name}` is the text `${Name}`
 * (CloudFormation user guide, Fn::Sub).
 */
export function subPieces(source: string): SubPiece[] {
  const pieces: SubPiece[] = [];
  let end = 0;
  for (const match of source.matchAll(variable)) {
    if (match.index > end) pieces.push({ text: source.slice(end, match.index) });
    const name = match[1] ?? "";
    pieces.push(name.startsWith("!") ? { text: `\${${name.slice(1)}}` } : { variable: name.trim() });
    end = match.index + match[0].length;
  }
  if (end < source.length) pieces.push({ text: source.slice(end) });
  return pieces;
}
