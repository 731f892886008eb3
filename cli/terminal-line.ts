// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
const control = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** A text on one line: a terminal must not obey what a sender wrote, nor turn it around. */
export const terminalLine = (text: string): string => text.replace(control, "\ufffd");

/** A text of several lines, likewise. */
export const terminalText = (text: string): string => text.split("\n").map(terminalLine).join("\n");
