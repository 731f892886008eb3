import type { Break } from "./break.ts";
import { memoryBreaks } from "./memory-breaks.ts";
import { recoveryBreaks } from "./recovery-breaks.ts";
import { rollUpBreaks } from "./roll-up-breaks.ts";
import { serviceBreaks } from "./service-breaks.ts";

/** Bugs that a run must find, each within a thousand seeds. */
export const breaks: readonly Break[] = [...rollUpBreaks, ...memoryBreaks, ...serviceBreaks, ...recoveryBreaks];
