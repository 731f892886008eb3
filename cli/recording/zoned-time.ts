const hourMs = 3_600_000;

/** Turns a local time, given as if it were UTC, into epoch milliseconds. */
export type FromLocal = (localMs: number) => number;

/**
 * A zone by its name ("Europe/Berlin") or as an offset ("+01:00"); undefined where there is none. A time that comes
 * twice, when clocks go back, is the first; one that does not come is an hour later.
 */
export function zoneOf(zone: string): FromLocal | undefined {
  if (/^(utc|z)$/i.test(zone)) return (localMs) => localMs;
  const offset = /^([+-])(\d\d):?(\d\d)?$/.exec(zone);
  if (offset !== null) {
    const [, sign, hours, minutes = "0"] = offset;
    const offsetMs = (Number(hours) * 60 + Number(minutes)) * 60_000 * (sign === "-" ? -1 : 1);
    return (localMs) => localMs - offsetMs;
  }
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" });
  } catch {
    return undefined;
  }
  const offsetMs = offsets(format);
  return (localMs) => {
    if (Number.isNaN(localMs)) return localMs;
    // What the clocks say half a day before and after: they may change in between.
    const [before, after] = [offsetMs(localMs - 12 * hourMs), offsetMs(localMs + 12 * hourMs)];
    const first = localMs - Math.max(before, after);
    return offsetMs(first) === Math.max(before, after) ? first : localMs - Math.min(before, after);
  };
}

/** The offset from UTC at an instant. Clocks change at quarters of an hour: within one the offset is remembered. */
function offsets(format: Intl.DateTimeFormat): (ms: number) => number {
  const known = new Map<number, number>();
  const quarterMs = hourMs / 4;
  return (ms) => {
    const quarter = Math.floor(ms / quarterMs);
    let offset = known.get(quarter);
    if (offset === undefined) {
      const name = format.formatToParts(quarter * quarterMs).find(({ type }) => type === "timeZoneName")?.value ?? "";
      const [, sign, hours = "0", minutes = "0"] = /GMT([+-])(\d\d):(\d\d)/.exec(name) ?? [];
      offset = (Number(hours) * 60 + Number(minutes)) * 60_000 * (sign === "-" ? -1 : 1);
      if (known.size > 10_000) known.clear();
      known.set(quarter, offset);
    }
    return offset;
  };
}
