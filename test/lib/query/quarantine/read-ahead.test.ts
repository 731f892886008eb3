import { expect, test } from "vitest";
import { readAhead } from "../../../../lib/query/quarantine/read-ahead.ts";
import type { QuarantineFile } from "../../../../lib/store/quarantine/quarantine-files.ts";

const aheadMax = 8;

const fileOf = (index: number, bytes = 100): QuarantineFile => ({
  key: `${index}`,
  minute: "2026-01-31T1200",
  shard: "events/s",
  part: `${index}`,
  version: 1,
  bytes,
});

/** A source of files that says when it was closed. */
class Source {
  taken = 0;
  isClosed = false;

  async *files(files: readonly QuarantineFile[]): AsyncGenerator<QuarantineFile> {
    try {
      for (const file of files) {
        this.taken++;
        yield file;
      }
    } finally {
      this.isClosed = true;
    }
  }
}

const files = Array.from({ length: 30 }, (_, index) => fileOf(index));

test("files come in their order, each with its content, eight of them asked for at a time", async () => {
  const waiting: (() => void)[] = [];
  const content = ({ key }: QuarantineFile): Promise<Buffer> =>
    new Promise((resolve) => {
      waiting.push(() => resolve(Buffer.from(key)));
      // None answers before eight were asked for, or all; then the last one first.
      if (waiting.length < aheadMax && key !== files.at(-1)?.key) return;
      for (const answer of waiting.splice(0).reverse()) answer();
    });
  const read: string[] = [];
  for await (const ahead of readAhead(new Source().files(files), { content })) read.push(String(await ahead.content));
  expect(read).toEqual(files.map(({ key }) => key));
});

test("a large file is not asked for before its turn", async () => {
  const asked: string[] = [];
  const content = async ({ key }: QuarantineFile) => {
    asked.push(key);
    return Buffer.alloc(0);
  };
  const mixed = [fileOf(0), fileOf(1, 64 * 1024 + 1), fileOf(2, 64 * 1024)];
  const all = await Array.fromAsync(readAhead(new Source().files(mixed), { content }));
  expect(all.map((ahead) => [ahead.file.key, ahead.content === undefined])).toEqual([
    ["0", false],
    ["1", true],
    ["2", false],
  ]);
  expect(asked).toEqual(["0", "2"]);
});

test("a reader that stops leaves the rest alone, whatever becomes of what was asked for", async () => {
  const source = new Source();
  const content = async (): Promise<Buffer> => {
    throw new Error("The bucket is away");
  };
  for await (const { file } of readAhead(source.files(files), { content })) if (file.key === "2") break;
  expect(source.isClosed).toBe(true);
  expect(source.taken).toBe(aheadMax + 2);
});

test("a file that cannot be read fails where it is read, and not before", async () => {
  const content = async ({ key }: QuarantineFile): Promise<Buffer> => {
    if (key === "3") throw new Error("The bucket is away");
    return Buffer.from(key);
  };
  const read: string[] = [];
  const all = async () => {
    for await (const ahead of readAhead(new Source().files(files), { content })) read.push(String(await ahead.content));
  };
  await expect(all()).rejects.toThrow("The bucket is away");
  expect(read).toEqual(["0", "1", "2"]);
});
