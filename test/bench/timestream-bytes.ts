interface Dimension {
  readonly Name?: string | undefined;
  readonly Value?: string | undefined;
}

interface Written {
  readonly Dimensions?: readonly Dimension[] | undefined;
  readonly MeasureName?: string | undefined;
  readonly MeasureValues?: readonly Dimension[] | undefined;
}

const textBytes = (text: string | undefined): number => Buffer.byteLength(text ?? "");

/** Names and values in UTF-8, numbers 8 bytes, a time 8 (Timestream developer guide, "Writes": calculating the size). */
function recordBytes({ Dimensions = [], MeasureName, MeasureValues = [] }: Written): number {
  const dimensions = Dimensions.reduce((sum, { Name, Value }) => sum + textBytes(Name) + textBytes(Value), 0);
  return dimensions + textBytes(MeasureName) + MeasureValues.reduce((sum, { Name }) => sum + textBytes(Name) + 8, 0);
}

/** What a WriteRecords request weighs: what its records share is weighed once. */
export function writeBytesOf(input: object): number {
  const { CommonAttributes = {}, Records = [] } = input as { CommonAttributes?: Written; Records?: readonly Written[] };
  return recordBytes(CommonAttributes) + Records.reduce((sum, record) => sum + 8 + recordBytes(record), 0);
}
