import { StringDecoder } from "node:string_decoder";

/** CloudWatch Logs takes an event of at most 256 KiB, and cuts what is longer; so does this, by characters. */
const lineLengthMax = 256 * 1024;

/** Cuts a stream of bytes into lines; `end` gives the last one, if it had no end. */
export function logLines(line: (text: string) => void): { write(chunk: Buffer): void; end(): void } {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  const emit = (text: string) => {
    for (let at = 0; at < text.length || at === 0; at += lineLengthMax) line(text.slice(at, at + lineLengthMax));
  };
  return {
    write: (chunk) => {
      const lines = (rest + decoder.write(chunk)).split("\n");
      rest = lines.pop() ?? "";
      for (const each of lines) emit(each);
      while (rest.length >= lineLengthMax) {
        line(rest.slice(0, lineLengthMax));
        rest = rest.slice(lineLengthMax);
      }
    },
    end: () => {
      rest += decoder.end();
      if (rest !== "") emit(rest);
      rest = "";
    },
  };
}
