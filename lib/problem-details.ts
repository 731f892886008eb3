/** The statuses that our answers have, in words (IANA HTTP Status Code Registry). */
const titles = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
} as const;

export type ProblemStatus = keyof typeof titles;

/** The content type of an answer that says what is wrong. */
export const problemType = "application/problem+json";

/** What is wrong, as RFC 9457 has it, with more that says what. */
export const problemDetails = <More extends object>(status: ProblemStatus, more: More) => ({
  type: "about:blank",
  title: titles[status],
  status,
  ...more,
});
