/** One thing that AWS does not document and that can be told from outside. */
export interface Switch<Setting extends string> {
  /** Everything that the service may do instead. */
  readonly settings: readonly Setting[];
  readonly default: Setting;
  /** What the documentation leaves open, as a question. */
  readonly gap: string;
}

export const open = <const Setting extends string>(each: {
  readonly settings: readonly Setting[];
  readonly default: NoInfer<Setting>;
  readonly gap: string;
}): Switch<Setting> => each;

export type SwitchTable = Readonly<Record<string, Switch<string>>>;

/** A setting for every switch of a table. */
export type SettingsOf<Table extends SwitchTable> = {
  readonly [Name in keyof Table]: Table[Name]["settings"][number];
};

/** Every switch, with its default where nothing else is said. Throws if a switch or a setting is not in the table. */
export function settingsWith<Table extends SwitchTable>(
  table: Table,
  changes: Readonly<Record<string, string>>,
): SettingsOf<Table> {
  const names = Object.keys(table);
  for (const [name, setting] of Object.entries(changes)) {
    const settings = Object.hasOwn(table, name) ? table[name]?.settings : undefined;
    if (settings === undefined) throw new Error(`Expected one of the switches ${names.join(", ")}, got ${name}`);
    if (!settings.includes(setting)) {
      throw new Error(`Switch ${name}: expected ${settings.join(" or ")}, got ${JSON.stringify(setting)}`);
    }
  }
  const defaults = Object.fromEntries(names.map((name) => [name, table[name]?.default]));
  return { ...defaults, ...changes } as SettingsOf<Table>;
}
