import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { QuestionProblem } from "../../lib/query/url-question.ts";

/** The page's files and what they are; nothing else of the folder is served. */
const contentTypes: Readonly<Record<string, string>> = {
  "index.html": "text/html; charset=utf-8",
  "page.js": "text/javascript; charset=utf-8",
  "page.css": "text/css; charset=utf-8",
};

/** The page has a script and a style of its own, an icon in its text, and asks nobody but this API. */
const contentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Answers with a file of the page from `directory`. */
export async function pageFile(directory: string, name: string): Promise<APIGatewayProxyStructuredResultV2> {
  const contentType = Object.hasOwn(contentTypes, name) ? contentTypes[name] : undefined;
  if (contentType === undefined)
    throw new QuestionProblem(404, "file", `expected one of ${Object.keys(contentTypes).join(", ")}`);
  return {
    statusCode: 200,
    headers: {
      "content-type": contentType,
      "cache-control": "no-cache",
      "content-security-policy": contentSecurityPolicy,
    },
    body: await readFile(join(directory, name), "utf8"),
  };
}
