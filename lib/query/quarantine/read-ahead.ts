import type { QuarantineFile, QuarantineFiles } from "../../store/quarantine/quarantine-files.ts";

/** A file on the way: its compressed bytes where they were asked for ahead of time, undefined where it is gone. */
export interface FileAhead {
  readonly file: QuarantineFile;
  readonly content?: Promise<Buffer | undefined>;
}

/** Files that are asked for at one time, and the largest of those: a larger one is read when its turn comes. */
const aheadMax = 8;
const aheadBytesMax = 64 * 1024;

/** The files in their order. A file that rejected one event is small, and asking for it takes longer than reading it. */
export async function* readAhead(
  files: AsyncIterable<QuarantineFile>,
  quarantine: Pick<QuarantineFiles, "content">,
): AsyncGenerator<FileAhead> {
  const ahead: FileAhead[] = [];
  const source = files[Symbol.asyncIterator]();
  try {
    for (let isEnded = false; ; ) {
      while (!isEnded && ahead.length < aheadMax) {
        const { value: file, done } = await source.next();
        isEnded = done === true;
        if (file !== undefined) ahead.push(begun(file, quarantine));
      }
      const next = ahead.shift();
      if (next === undefined) return;
      yield next;
    }
  } finally {
    await source.return?.();
  }
}

function begun(file: QuarantineFile, quarantine: Pick<QuarantineFiles, "content">): FileAhead {
  if (file.bytes > aheadBytesMax) return { file };
  const content = quarantine.content(file);
  // Reported where the file is read; if nobody comes that far, it does not matter.
  content.catch(() => {});
  return { file, content };
}
