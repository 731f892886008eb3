import { isNode, type SyntaxNode } from "./syntax-tree.ts";

/**
 * Names of the result's columns: DuckDB's, but for expressions without an alias, which Trino calls `_col` and their
 * position. `names` are DuckDB's for the whole result.
 */
export function outputNames(tree: SyntaxNode, names: readonly string[]): string[] {
  const items = selectList(tree);
  const result = [...names];
  const stars = items.filter((item) => item.class === "STAR").length;
  // A star stands for as many columns as are left over. Of several nobody can tell from here how many each stands for.
  const perStar = stars === 1 ? names.length - (items.length - 1) : 0;
  let at = 0;
  for (const item of items) {
    if (item.class === "STAR") {
      if (stars > 1) break;
      at += perStar;
      continue;
    }
    if (isUnnamed(item)) result[at] = `_col${at}`;
    at++;
  }
  return result;
}

function isUnnamed(item: SyntaxNode): boolean {
  return item.alias === "" && item.class !== "COLUMN_REF";
}

/** The select list that names the result: of a UNION, the first one. */
function selectList(node: SyntaxNode): SyntaxNode[] {
  const list = node.select_list;
  if (Array.isArray(list)) return list.filter(isNode);
  const inner = node.left ?? node.child;
  return isNode(inner) ? selectList(inner) : [];
}
