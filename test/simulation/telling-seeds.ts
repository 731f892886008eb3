export const tellingSeeds: Readonly<Record<string, number>> = {};
