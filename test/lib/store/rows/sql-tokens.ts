/** A token of SQL: a string literal or a quoted name with its value, or anything else as it stands. */
export type Token = { readonly kind: "text" | "name" | "other"; readonly value: string };

/**
 * The tokens of a SQL text, by the standard's rule alone: a literal stands in single quotes, a name in double quotes,
 * and a quote within is written twice. Throws where a quote is never closed.
 */
export function sqlTokens(sql: string): Token[] {
  const tokens: Token[] = [];
  let other = "";
  const flush = (): void => {
    if (other !== "") tokens.push({ kind: "other", value: other });
    other = "";
  };
  for (let index = 0; index < sql.length; index++) {
    const quote = sql.charAt(index);
    if (quote !== "'" && quote !== '"') {
      other += quote;
      continue;
    }
    flush();
    let value = "";
    for (index++; ; index++) {
      if (index >= sql.length) throw new Error(`Expected a closing ${quote}, got the end of ${JSON.stringify(sql)}`);
      if (sql.charAt(index) !== quote) value += sql.charAt(index);
      else if (sql.charAt(index + 1) === quote) value += sql.charAt(index++);
      else break;
    }
    tokens.push({ kind: quote === "'" ? "text" : "name", value });
  }
  flush();
  return tokens;
}
