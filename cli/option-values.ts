/** "--from -1h" is an option with a value here, where parseArgs would take "-1h" for options of one letter. */
export function valuesOfOptions(parameters: readonly string[]): string[] {
  const joined: string[] = [];
  for (const parameter of parameters) {
    const option = joined.at(-1);
    const takes = option !== undefined && /^--(from|to|order)$/.test(option);
    if (takes) joined[joined.length - 1] = `${option}=${parameter}`;
    else joined.push(parameter);
  }
  return joined;
}
