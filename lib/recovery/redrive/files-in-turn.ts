import type { FailureFile, FailureFiles } from "../../store/dead-letters/dead-letter-files.ts";
import { startInTurn } from "../isolate/turn.ts";

/** Files of one run. */
export const filesMax = 10_000;

/** The files of a run, and how many there are beside them. */
export interface FilesInTurn {
  readonly files: readonly FailureFile[];
  readonly others: number;
}

/**
 * The files of a run, from another place every time: those that cannot be counted must not keep the others from their turn,
 * and where there are more than `max`, each is among those of some run.
 */
export async function filesInTurn(
  failures: Pick<FailureFiles, "list">,
  nowMs: number,
  max = filesMax,
): Promise<FilesInTurn> {
  const first: FailureFile[] = [];
  let all = 0;
  for await (const file of failures.list()) if (all++ < max) first.push(file);
  const start = startInTurn(all, nowMs);
  if (all <= max) return { files: [...first.slice(start), ...first.slice(0, start)], others: 0 };
  const behind: FailureFile[] = [];
  let place = 0;
  for await (const file of failures.list()) {
    if (place >= start + max) break;
    if (place++ >= start) behind.push(file);
  }
  // The list goes on at its beginning.
  const files = [...behind, ...first.slice(0, Math.min(max - behind.length, start))];
  return { files, others: Math.max(0, all - files.length) };
}
