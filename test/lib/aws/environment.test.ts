import { describe, expect, it } from "vitest";
import { readEnvironment } from "../../../lib/aws.ts";

describe("the environment", () => {
  it("gives the variables by what they hold, and no others", () => {
    const variables = { MILLRACE_STREAM: "events", MILLRACE_LEDGER: "ledger", MILLRACE_BUCKET: "bucket", HOME: "/" };
    expect(readEnvironment(variables, ["stream", "ledger"])).toEqual({ stream: "events", ledger: "ledger" });
  });

  it("names every variable that is missing or empty", () => {
    const variables = { MILLRACE_STREAM: "events", MILLRACE_LEDGER: "", MILLRACE_BUCKET: undefined };
    expect(() => readEnvironment(variables, ["stream", "ledger", "bucket", "database"])).toThrow(
      "Expected the environment variables MILLRACE_LEDGER, MILLRACE_BUCKET, MILLRACE_DATABASE to be set",
    );
  });
});
