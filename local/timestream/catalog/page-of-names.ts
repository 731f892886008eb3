import { invalid } from "../failure.ts";
import { type Fields, optionalInteger, optionalText } from "../field.ts";

const PAGE_MAX = 20;

/** One page of the names, in order: at most MaxResults (1 to 20, API reference, ListDatabases) after NextToken. */
export function pageOfNames(names: Iterable<string>, request: Fields): { names: string[]; nextToken?: string } {
  const size = optionalInteger(request, "MaxResults", { min: 1, max: PAGE_MAX }) ?? PAGE_MAX;
  const after = readToken(optionalText(request, "NextToken"));
  const rest = [...names].sort().filter((name) => after === undefined || name > after);
  const page = rest.slice(0, size);
  const last = page.at(-1);
  return rest.length > page.length && last !== undefined
    ? { names: page, nextToken: Buffer.from(`after:${last}`).toString("base64url") }
    : { names: page };
}

function readToken(token: string | undefined): string | undefined {
  if (token === undefined) return undefined;
  const text = Buffer.from(token, "base64url").toString();
  if (!text.startsWith("after:")) throw invalid("Invalid pagination token");
  return text.slice("after:".length);
}
