import { invalid } from "../failure.ts";
import { optionalInteger, optionalText, requiredText } from "../field.ts";
import type { Operation } from "../operation.ts";

const ROWS_MAX = 1000;
const CLIENT_TOKEN_CHARS_MAX = 128;

/** The operations of Timestream Query that run here (API reference, actions of Timestream Query). */
export const QUERY_OPERATIONS: Readonly<Record<string, Operation>> = {
  /** The first page comes with rows at once, which the service does not always do when there is a MaxRows. */
  async Query(service, request) {
    const queryString = requiredText(request, "QueryString");
    // Reading has no effects to repeat, so an idempotency token changes nothing here.
    const clientToken = optionalText(request, "ClientToken");
    if (clientToken !== undefined && clientToken.length > CLIENT_TOKEN_CHARS_MAX) {
      throw invalid(
        `Expected ClientToken to be at most ${CLIENT_TOKEN_CHARS_MAX} characters, got ${clientToken.length}`,
      );
    }
    const rowsMax = optionalInteger(request, "MaxRows", { min: 1, max: ROWS_MAX }) ?? Number.POSITIVE_INFINITY;
    const nextToken = optionalText(request, "NextToken");
    const {
      queryId,
      rows,
      columns,
      nextToken: next,
    } = await service.queries.query({ queryString, nextToken, rowsMax });
    return {
      QueryId: queryId,
      Rows: rows,
      ColumnInfo: columns,
      // Nothing is metered here.
      QueryStatus: {
        ProgressPercentage: next === undefined ? 100 : 50,
        CumulativeBytesScanned: 0,
        CumulativeBytesMetered: 0,
      },
      ...(next !== undefined && { NextToken: next }),
    };
  },

  async CancelQuery(service, request) {
    service.queries.cancel(requiredText(request, "QueryId"));
    return {};
  },
};
