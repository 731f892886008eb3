import { open, type SettingsOf, type Switch, settingsWith } from "../switch.ts";

/** Where the documentation of HTTP APIs is silent: the functions must be right under every setting. */
export const apiSwitchTable = {
  encodedText: open({
    settings: ["base64", "text"],
    default: "base64",
    gap: "Gzip of JSON: in base64, as load balancers have it, or for its content type as a text, which destroys it?",
  }),
} as const satisfies Record<string, Switch<string>>;

export type ApiSwitches = SettingsOf<typeof apiSwitchTable>;

/** Every switch, with its default where nothing else is said. Throws if a switch or a setting is not in the table. */
export const apiSwitchesWith = (changes: Readonly<Record<string, string>> = {}): ApiSwitches =>
  settingsWith(apiSwitchTable, changes);
