import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";

/**
 * Loses the answer to the next write of an item that DynamoDB takes: the SDK repeats the request by itself. `between` runs
 * before it does.
 */
export function loseNextAnswer(client: DynamoDBClient, between: () => Promise<unknown> = async () => {}): void {
  let armed = true;
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (call) => {
        const answer = await next(call);
        if (!armed || commandName !== "PutItemCommand") return answer;
        armed = false;
        await between();
        throw Object.assign(new Error("socket hang up"), { name: "TimeoutError", code: "ECONNRESET" });
      },
    // Below the SDK's own retries.
    { step: "finalizeRequest", priority: "low" },
  );
}
