export type AgeLevel = "fresh" | "behind" | "far-behind";

const amberMs = 60_000;
const redMs = 300_000;

/** How bad an iterator age is: amber from a minute on, red from five. */
export function ageLevel(ageMs: number): AgeLevel {
  if (ageMs >= redMs) return "far-behind";
  return ageMs >= amberMs ? "behind" : "fresh";
}

/** An iterator age as one would say it: "0 s", "12 s behind", "6 min behind", "1 h 20 min behind", "2 d 3 h behind". */
export function ageInWords(ageMs: number): string {
  const seconds = Math.round(ageMs / 1_000);
  if (seconds < 1) return "0 s";
  if (seconds < 60) return `${seconds} s behind`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min behind`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${two([hours, "h"], [minutes % 60, "min"])} behind`;
  return `${two([Math.floor(hours / 24), "d"], [hours % 24, "h"])} behind`;
}

const two = ([large, unit]: [number, string], [small, smallUnit]: [number, string]): string =>
  small === 0 ? `${large} ${unit}` : `${large} ${unit} ${small} ${smallUnit}`;
