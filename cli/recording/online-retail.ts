import { parseDecimal, timesRounded, toNumber } from "./decimal.ts";
import type { ColumnIndex, Mapping, RowMapping } from "./mapping.ts";
import { rowId } from "./row-id.ts";
import { utcMs } from "./utc-time.ts";

const wholeNumber = /^-?\d{1,9}$/;

/**
 * The table has no type of event: a cancellation's invoice begins with C, and other negative quantities correct the
 * stock.
 */
function nameOf(invoice: string, quantity: number): string {
  if (invoice.startsWith("C")) return "Order Cancelled";
  return quantity < 0 ? "Stock Corrected" : "Order Completed";
}

/** Customers are written as floats. */
const customerOf = (text: string): string => (text.endsWith(".0") ? text.slice(0, -2) : text);

function bind(indexOf: ColumnIndex): RowMapping {
  const invoiceNo = indexOf("InvoiceNo");
  const stockCode = indexOf("StockCode");
  const description = indexOf("Description");
  const quantities = indexOf("Quantity");
  const date = indexOf("InvoiceDate");
  const unitPrice = indexOf("UnitPrice");
  const customer = indexOf("CustomerID");
  const countries = indexOf("Country");
  return (row, line) => {
    const invoice = row[invoiceNo];
    if (!invoice) return "InvoiceNo: expected a basket, got nothing";
    const timeMs = utcMs(row[date] ?? "");
    if (Number.isNaN(timeMs)) return `InvoiceDate: expected YYYY-MM-DD HH:MM:SS, got ${JSON.stringify(row[date])}`;
    const quantityText = row[quantities] ?? "";
    if (!wholeNumber.test(quantityText))
      return `Quantity: expected a whole number, got ${JSON.stringify(quantityText)}`;
    const quantity = Number(quantityText);
    const price = parseDecimal(row[unitPrice] ?? "");
    if (price === undefined) return `UnitPrice: expected a number, got ${JSON.stringify(row[unitPrice])}`;
    const revenue = timesRounded(quantity, price);
    if (revenue === undefined)
      return `UnitPrice: expected a price whose ${quantity}-fold can be exact, got ${row[unitPrice]}`;
    const person = row[customer] ? { userId: customerOf(row[customer]) } : { anonymousId: invoice };
    const country = row[countries];
    const properties: Record<string, unknown> = {
      order_id: invoice,
      product_id: row[stockCode],
      quantity,
      price: toNumber(price),
      revenue,
      currency: "GBP",
      country,
    };
    if (row[description]) properties.name = row[description];
    const event = nameOf(invoice, quantity);
    const messageId = rowId("online-retail", line, row);
    return {
      timeMs,
      message: { type: "track", event, messageId, ...person, timestamp: "", properties, context: { geo: { country } } },
    };
  };
}

/**
 * The UCI data set "Online Retail": one row per line of an invoice. Times have no zone and are read as UTC. Quantities
 * and revenue keep their sign, so that cancellations can be added up with the orders.
 */
export const onlineRetail: Mapping = {
  name: "online-retail",
  columns: ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"],
  bind,
};
