import { parseDecimal, toNumber } from "./decimal.ts";
import type { ColumnIndex, Mapping, RowMapping } from "./mapping.ts";
import { rowId } from "./row-id.ts";
import { utcMs } from "./utc-time.ts";

/** `event_type` in the names of Segment's e-commerce spec. */
const names: Readonly<Record<string, string>> = {
  view: "Product Viewed",
  cart: "Product Added",
  purchase: "Order Completed",
};

function bind(indexOf: ColumnIndex): RowMapping {
  const time = indexOf("event_time");
  const type = indexOf("event_type");
  const product = indexOf("product_id");
  const category = indexOf("category_id");
  const categoryCode = indexOf("category_code");
  const brand = indexOf("brand");
  const price = indexOf("price");
  const user = indexOf("user_id");
  const session = indexOf("user_session");
  return (row, line) => {
    const event = names[row[type] ?? ""];
    if (event === undefined)
      return `event_type: expected ${Object.keys(names).join(", ")}, got ${JSON.stringify(row[type])}`;
    const timeMs = utcMs(row[time] ?? "");
    if (Number.isNaN(timeMs)) return `event_time: expected YYYY-MM-DD HH:MM:SS UTC, got ${JSON.stringify(row[time])}`;
    const amount = parseDecimal(row[price] ?? "");
    if (amount === undefined) return `price: expected a number, got ${JSON.stringify(row[price])}`;
    const userId = row[user];
    if (!userId) return "user_id: expected the visitor, got nothing";
    const value = toNumber(amount);
    const properties: Record<string, unknown> = { product_id: row[product], category_id: row[category], price: value };
    if (row[categoryCode]) properties.category = row[categoryCode];
    if (row[brand]) properties.brand = row[brand];
    if (event === "Order Completed") properties.revenue = value;
    const context = row[session] ? { sessionId: row[session] } : {};
    const message = {
      type: "track",
      event,
      messageId: rowId("rees46", line, row),
      userId,
      timestamp: "",
      properties,
      context,
    };
    return { timeMs, message };
  };
}

/**
 * The clickstream "eCommerce behavior data from multi category store" by REES46: one row per view, cart or purchase.
 */
export const rees46: Mapping = {
  name: "rees46",
  columns: [
    "event_time",
    "event_type",
    "product_id",
    "category_id",
    "category_code",
    "brand",
    "price",
    "user_id",
    "user_session",
  ],
  bind,
};
