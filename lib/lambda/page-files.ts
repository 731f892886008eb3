import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { QuestionProblem } from "../query/question-problem.ts";

/** The page's files and what they are; nothing else of the folder is served. */
const contentTypes: Readonly<Record<string, string>> = {
  "index.html": "text/html; charset=utf-8",
  "page.js": "text/javascript; charset=utf-8",
  "page.css": "text/css; charset=utf-8",
};

/** Answers with a file of the page from `directory`. */
export async function pageFile(directory: string, name: string): Promise<APIGatewayProxyStructuredResultV2> {
  const contentType = Object.hasOwn(contentTypes, name) ? contentTypes[name] : undefined;
  if (contentType === undefined)
    throw new QuestionProblem(404, "file", `expected one of ${Object.keys(contentTypes).join(", ")}`);
  return {
    statusCode: 200,
    headers: { "content-type": contentType, "cache-control": "no-cache" },
    body: await readFile(join(directory, name), "utf8"),
  };
}
