/** A function to run, as its resource in the template says, with its bundle unpacked. */
export interface FunctionSettings {
  readonly name: string;
  /** The unpacked bundle. */
  readonly directory: string;
  /** `file.export`, such as `index.handler`. */
  readonly handler: string;
  readonly timeoutSeconds: number;
  /** Of the whole process: Node's own 45 to 60 MiB count. */
  readonly memoryMib: number;
  readonly environment: Readonly<Record<string, string>>;
  /** Invocations at one time; more are throttled. */
  readonly reservedConcurrency?: number;
}

/** Throws if the settings are outside what Lambda takes (Lambda developer guide, "Lambda quotas"). */
export function checkFunctionSettings(settings: FunctionSettings): void {
  check(settings, /^[\w-]{1,64}$/.test(settings.name), "name", "1 to 64 letters, digits, - and _", settings.name);
  check(settings, /^[^.]+(\.[^.]+)+$/.test(settings.handler), "handler", "file.export", settings.handler);
  checkRange(settings, "timeoutSeconds", 1, 900);
  checkRange(settings, "memoryMib", 128, 10_240);
  if (settings.reservedConcurrency !== undefined) checkRange(settings, "reservedConcurrency", 0, 1_000_000);
}

function checkRange(
  settings: FunctionSettings,
  key: "timeoutSeconds" | "memoryMib" | "reservedConcurrency",
  min: number,
  max: number,
): void {
  const value = settings[key] ?? Number.NaN;
  check(
    settings,
    Number.isInteger(value) && value >= min && value <= max,
    key,
    `a whole number from ${min} to ${max}`,
    value,
  );
}

function check(settings: FunctionSettings, good: boolean, key: string, expected: string, received: unknown): void {
  if (!good)
    throw new Error(`Function ${settings.name}: expected ${key} to be ${expected}, got ${JSON.stringify(received)}`);
}
