import { readFileSync } from "node:fs";

/** Resident memory of a process in MiB, now and at its highest; undefined where the system does not tell (not Linux). */
export function processMemory(pid: number): { residentMib: number; highestMib: number } | undefined {
  let status: string;
  try {
    status = readFileSync(`/proc/${pid}/status`, "utf8");
  } catch {
    return undefined;
  }
  const kib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1] ?? Number.NaN);
  const [resident, highest] = [kib("VmRSS"), kib("VmHWM")];
  return Number.isNaN(resident) || Number.isNaN(highest)
    ? undefined
    : { residentMib: resident / 1024, highestMib: highest / 1024 };
}
