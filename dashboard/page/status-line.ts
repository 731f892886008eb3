import type { ClockFace } from "./clock-face.ts";
import { only, part, say } from "./element.ts";
import type { Health } from "./health.ts";

/** Says how new the page is and, where something does not answer, what and until when. */
export function showStatus(root: ParentNode, { level, shownAtMs, message, retryAtMs }: Health, clock: ClockFace): void {
  const nowMs = Date.now();
  const updated = shownAtMs === undefined ? "" : clock.second(shownAtMs, nowMs);
  const words = {
    waiting: "Asking the API…",
    live: `Updated ${updated}`,
    partial: updated === "" ? "Incomplete" : `Partly stale, from ${updated}`,
    down: updated === "" ? "No data" : `Stale, from ${updated}`,
  } as const satisfies Record<Health["level"], string>;
  only(root, ".status", HTMLElement).dataset.level = level;
  say(part(root, "status", HTMLElement), words[level]);
  const box = part(root, "message", HTMLElement);
  // Only the reason is spoken to a screen reader, and only when it changes; not every retry.
  box.hidden = message === undefined;
  if (message === undefined) return say(box, "");
  const kept = updated === "" ? "" : ` What is shown is from ${updated}.`;
  say(box, `${message}.${kept} Next try at ${clock.second(retryAtMs, nowMs)}.`);
}
