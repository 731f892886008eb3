import { createHash } from "node:crypto";
import { truncate } from "node:fs/promises";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BadRow } from "../../../cli/recording/recorded-event.ts";
import { openRecording } from "../../../cli/recording/recording.ts";
import { RecordingFolder, read, rees46Header, retailHeader } from "./recording-file.ts";

let folder: RecordingFolder;
beforeAll(async () => {
  folder = await RecordingFolder.make();
});
afterAll(() => folder.remove());

const retail = (...rows: string[]) => `${[retailHeader, ...rows].join("\n")}\n`;
const order = "565080,20677,PINK POLKADOT BOWL,8,2011-09-01 08:25:00,1.25,13509.0,United Kingdom";

/** Reads a file of which some rows are bad. */
async function readBad(file: string, options = {}) {
  const bad: BadRow[] = [];
  const events = await read(file, { ...options, onBadRow: (row) => bad.push(row) });
  return { events, bad, lines: bad.map(({ line }) => line) };
}

describe("a clickstream", () => {
  it("becomes views, carts and orders of the e-commerce spec", async () => {
    const rows = [
      "2019-10-01 00:00:01 UTC,view,17200506,2053013559792632471,furniture.living_room.sofa,,543.10,519107250,session-1",
      "2019-10-01 00:00:02 UTC,cart,5,6,,xiaomi,0.50,7,session-2",
      "2019-10-01 00:00:02 UTC,purchase,5,6,,xiaomi,130.76,7,",
    ];
    const [view, cart, purchase] = await read(await folder.file([rees46Header, ...rows].join("\r\n")));
    expect(view?.timeMs).toBe(Date.UTC(2019, 9, 1, 0, 0, 1));
    expect(view?.message).toMatchObject({
      type: "track",
      event: "Product Viewed",
      userId: "519107250",
      properties: {
        product_id: "17200506",
        category: "furniture.living_room.sofa",
        category_id: "2053013559792632471",
        price: 543.1,
      },
      context: { sessionId: "session-1" },
    });
    expect(view?.message.properties).not.toHaveProperty("brand");
    expect(cart?.message).toMatchObject({ event: "Product Added", properties: { brand: "xiaomi" } });
    expect(cart?.message.properties).not.toHaveProperty("category");
    expect(cart?.message.properties).not.toHaveProperty("revenue");
    expect(purchase?.message).toMatchObject({
      event: "Order Completed",
      properties: { price: 130.76, revenue: 130.76 },
    });
  });
});

describe("invoices", () => {
  it("become orders, cancellations and stock corrections, with exact revenue", async () => {
    const file = await folder.file(
      retail(
        order,
        'C565081,22128,"CANDY, ""ASSORTED"" ",-24,2011-09-01 08:26:00,1.15,,France',
        "565082,21067,,-3,2011-09-01 09:03:00,0.0,,United Kingdom",
        "565083,M,Manual,3,2011-09-01 09:04:00,0.335,12345.0,EIRE",
      ),
    );
    const [completed, cancelled, corrected, manual] = await read(file);
    expect(completed?.timeMs).toBe(Date.UTC(2011, 8, 1, 8, 25));
    expect(completed?.message).toMatchObject({
      type: "track",
      event: "Order Completed",
      userId: "13509",
      properties: {
        order_id: "565080",
        product_id: "20677",
        name: "PINK POLKADOT BOWL",
        quantity: 8,
        price: 1.25,
        revenue: 10,
        currency: "GBP",
        country: "United Kingdom",
      },
      context: { geo: { country: "United Kingdom" } },
    });
    expect(cancelled?.message).toMatchObject({
      event: "Order Cancelled",
      anonymousId: "C565081",
      properties: { name: 'CANDY, "ASSORTED" ', quantity: -24, revenue: -27.6 },
    });
    expect(cancelled?.message).not.toHaveProperty("userId");
    expect(corrected?.message).toMatchObject({ event: "Stock Corrected", properties: { revenue: 0 } });
    expect(corrected?.message.properties).not.toHaveProperty("name");
    // 1.005 in decimal; the product of the doubles is below it.
    expect(manual?.message).toMatchObject({ properties: { revenue: 1.01 } });
  });
});

describe("the ids of rows", () => {
  it("are the same every time the file is read, and differ for a row that is repeated word for word", async () => {
    const file = await folder.file(retail(order, order, order));
    const ids = (await read(file)).map(({ message }) => message.messageId);
    expect(new Set(ids).size).toBe(3);
    expect(ids[0]).toMatch(/^online-retail-2-[0-9a-f]{10}$/);
    expect((await read(file)).map(({ message }) => message.messageId)).toEqual(ids);
    const other = await read(await folder.file(retail(order.replace(",8,", ",9,"))));
    expect(other[0]?.message.messageId).not.toBe(ids[0]);
  });
});

describe("a bad row", () => {
  const rows = retail(
    order,
    "565080,20677,BOWL,8,2011-13-01 08:25:00,1.25,,UK",
    "565080,20677,BOWL,8.5,2011-09-01 08:25:00,1.25,,UK",
    "565080,20677,BOWL,8,2011-09-01 08:25:00,1e9,,UK",
    "565080,20677,BOWL,8",
    ",20677,BOWL,8,2011-09-01 08:25:00,1.25,,UK",
    "",
    order,
  );

  it("is reported with its line and reason, counted and left out", async () => {
    const file = await folder.file(rows);
    const { events, bad } = await readBad(file);
    expect(events.map(({ message }) => message.messageId.split("-")[2])).toEqual(["2", "9"]);
    expect(bad.map(({ line, reason }) => `${line} ${reason}`)).toEqual([
      '3 InvoiceDate: expected YYYY-MM-DD HH:MM:SS, got "2011-13-01 08:25:00"',
      '4 Quantity: expected a whole number, got "8.5"',
      '5 UnitPrice: expected a number, got "1e9"',
      "6 Invalid Record Length: expect 8, got 4 on line 6",
      "7 InvoiceNo: expected a basket, got nothing",
    ]);
  });

  it("ends a strict reading", async () => {
    const file = await folder.file(rows);
    await expect(read(file, { strict: true })).rejects.toThrow(/recording-\d+: line 3: InvoiceDate: expected/);
    const short = await folder.file(retail("565080,20677"));
    await expect(read(short, { strict: true })).rejects.toThrow(/recording-\d+: line 2: Invalid Record Length/);
  });

  it("of the clickstream names the column", async () => {
    const good = "2019-10-01 00:00:00 UTC,view,1,2,,,3.00,4,s";
    const bad = [
      good.replace("view", "look"),
      good.replace("UTC", "CET"),
      good.replace("3.00", ""),
      good.replace(",4,", ",,"),
    ];
    const { events, bad: found } = await readBad(await folder.file([rees46Header, good, ...bad].join("\n")));
    expect(events.length).toBe(1);
    expect(found.map(({ line, reason }) => `${line} ${reason.split(":")[0]}`)).toEqual([
      "3 event_type",
      "4 event_time",
      "5 price",
      "6 user_id",
    ]);
  });

  it("does not take good rows with it when a quote is out of place", async () => {
    const quotes = [
      '565080,20677,6" BOWL,8,2011-09-01 08:25:00,1.25,,UK',
      '565080,20677,"BIG" BOWL,8,2011-09-01 08:25:00,1.25,,UK',
    ];
    const { events, bad } = await readBad(await folder.file(retail(...quotes, order)));
    expect(events.map(({ message }) => (message.properties as { name: string }).name)).toEqual([
      '6" BOWL',
      '"BIG" BOWL',
      "PINK POLKADOT BOWL",
    ]);
    expect(bad).toEqual([]);
  });

  it("is one whose quote is not closed at the end of the file", async () => {
    const { events, bad } = await readBad(await folder.file(retail(order, '565080,20677,"BOWL,8,2011-09-01')));
    expect(events.length).toBe(1);
    expect(bad[0]?.reason).toContain("Quote Not Closed");
  });
});

describe("a recording that cannot be read", () => {
  it("says which file, what was expected and what came", async () => {
    const nowhere = `${folder.path}/nowhere.csv`;
    await expect(openRecording(nowhere)).rejects.toThrow(/nowhere.csv: .*no such file/);
    await expect(openRecording(folder.path)).rejects.toThrow(/EISDIR/);
    await expect(openRecording(await folder.file(""))).rejects.toThrow("expected events, got an empty file");
    await expect(openRecording(await folder.file("a,b\n1,2\n"))).rejects.toThrow(
      /expected a header with the columns of rees46 \(event_time.*got "a", "b"/,
    );
    await expect(openRecording(await folder.file(retail(order)), { mapping: "rees46" })).rejects.toThrow(
      /expected the columns of rees46, event_time, .* are missing; got "InvoiceNo"/,
    );
    await expect(openRecording(await folder.file(retail(order)), { mapping: "other" })).rejects.toThrow(
      /expected a mapping of rees46, online-retail, json-lines, got other/,
    );
  });

  it("ends with an error when a gzip file is cut off, after the events before the cut", async () => {
    const rows = Array.from({ length: 20_000 }, (_, index) =>
      order.replace("565080", createHash("md5").update(`${index}`).digest("hex")),
    );
    const file = await folder.file(retail(...rows), { gzip: true });
    await truncate(file, 300_000);
    let events = 0;
    const reading = async () => {
      for await (const batch of await openRecording(file)) events += batch.length;
    };
    await expect(reading()).rejects.toThrow(/recording-\d+: unexpected end of file/);
    expect(events).toBeGreaterThan(1_000);
  });

  it("ends with an error when a quote swallows the file", async () => {
    const file = await folder.file(retail(order, `565080,20677,"BOWL,${"8,".repeat(200_000)}`, order));
    await expect(read(file)).rejects.toThrow(/Max Record Size: .* at line 3/);
  });
});

describe("lines of JSON", () => {
  it("are events already, blank lines apart", async () => {
    const lines = [
      '\ufeff{"type":"page","name":"Home","messageId":"m1","timestamp":"2026-01-31T09:30:00.500+01:00","anonymousId":"a"}',
      "",
      '{"type":"track","event":"X","timestamp":"2026-01-31 09:30:00"}\r',
      '  {"type":"track","event":"Größe","messageId":"m3","timestamp":"2026-01-31T09:30:00Z"}',
    ];
    for (const gzip of [false, true]) {
      const events = await read(await folder.file(lines.join("\n"), { gzip }));
      expect(events.map(({ timeMs }) => new Date(timeMs).toISOString())).toEqual([
        "2026-01-31T08:30:00.500Z",
        "2026-01-31T09:30:00.000Z",
        "2026-01-31T09:30:00.000Z",
      ]);
      expect(events.map(({ message }) => message.messageId)).toEqual([
        "m1",
        expect.stringMatching(/^json-lines-3-/),
        "m3",
      ]);
      expect(events[2]?.message).toMatchObject({ event: "Größe" });
    }
  });

  it("are bad when they are no JSON object, have no time, or are too long to be one", async () => {
    const good = '{"type":"page","timestamp":"2026-01-31T09:30:00Z"}';
    const lines = [
      good,
      "{oops",
      "[1]",
      '{"type":"page"}',
      `{"a":"${"x".repeat(1_100_000)}"}`,
      good,
      `{"a":"${"x".repeat(1_100_000)}`,
    ];
    const { events, bad, lines: at } = await readBad(await folder.file(lines.join("\n")));
    expect(events.length).toBe(2);
    expect(at).toEqual([2, 3, 4, 5, 7]);
    expect(bad[2]?.reason).toBe("timestamp: expected an ISO 8601 time, got nothing");
    expect(bad[3]?.reason).toBe("expected a line of at most 1048576 bytes, got more");
  });

  it("come out as they were written, wherever the file is cut into chunks", async () => {
    const texts = fc.array(fc.string({ unit: "grapheme", maxLength: 300 }), { minLength: 1, maxLength: 600 });
    await fc.assert(
      fc.asyncProperty(texts, fc.boolean(), async (all, gzip) => {
        const lines = all.map((text) => JSON.stringify({ text, timestamp: "2026-01-31T09:30:00Z" }));
        const events = await read(await folder.file(lines.join("\n"), { gzip }));
        expect(events.map(({ message }) => message.text)).toEqual(all);
      }),
      { numRuns: 10 },
    );
  });
});

describe("the mapping", () => {
  it("is found by the header, in any order of columns and with others beside", async () => {
    const columns = [...retailHeader.split(",").toReversed(), "Extra"];
    const file = await folder.file(`${columns.join(",")}\n${[...order.split(",").toReversed(), "x"].join(",")}\n`, {
      gzip: true,
    });
    const recording = await openRecording(file);
    expect(recording.mapping).toBe("online-retail");
    const [first] = await read(file);
    expect(first?.message).toMatchObject({ userId: "13509", properties: { revenue: 10 } });
  });
});
