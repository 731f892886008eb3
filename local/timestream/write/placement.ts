import type { Column, Table } from "../catalog/table.ts";
import { QUOTAS } from "../quotas.ts";
import type { MeasureKind } from "./measure.ts";
import type { NewRecord } from "./record.ts";
import { REASONS } from "./rejection.ts";

/**
 * Where the records of one group go in their table, and what the table lacks for them. The first record to name a
 * column or measure fixes its type; what comes later with another is rejected (developer guide, "Quotas").
 */
export class Placement {
  readonly #table: Table;
  readonly #columns = new Map<string, Column>();
  readonly #folded = new Map<string, string>();
  readonly #measureNames = new Map<string, MeasureKind>();

  constructor(table: Table) {
    this.#table = table;
  }

  /** Columns and measure names that the placed records need and the table does not have yet. */
  get additions(): { columns: Column[]; measureNames: [string, MeasureKind][] } {
    return { columns: [...this.#columns.values()], measureNames: [...this.#measureNames] };
  }

  /** Places the record, or returns the reason why it cannot be. */
  place(record: NewRecord): string | undefined {
    const known = this.#table.measureNames.get(record.measureName) ?? this.#measureNames.get(record.measureName);
    if (known !== undefined && known !== record.measureKind) {
      return REASONS.otherType(record.measureName, known, record.measureKind);
    }
    if (known === undefined && this.#table.measureNames.size + this.#measureNames.size >= QUOTAS.measureNamesPerTable) {
      return REASONS.tooMany("measure names per table", QUOTAS.measureNamesPerTable);
    }
    const added: Column[] = [];
    const reason = this.#placeColumns(record, added);
    if (reason !== undefined) return reason;
    for (const column of added) {
      this.#columns.set(column.name, column);
      this.#folded.set(column.name.toLowerCase(), column.name);
    }
    if (known === undefined) this.#measureNames.set(record.measureName, record.measureKind);
    return undefined;
  }

  #placeColumns(record: NewRecord, added: Column[]): string | undefined {
    for (const { name } of record.dimensions) {
      const reason = this.#placeColumn(name, "dimension", "VARCHAR", false, added);
      if (reason !== undefined) return reason;
    }
    const multi = record.measureKind === "MULTI";
    for (const { column, type } of record.measures) {
      const reason = this.#placeColumn(column, "measure", type, multi, added);
      if (reason !== undefined) return reason;
    }
    return added.length === 0 ? undefined : this.#brokenQuota(added);
  }

  #placeColumn(
    name: string,
    role: Column["role"],
    type: Column["type"],
    multi: boolean,
    added: Column[],
  ): string | undefined {
    const existing = this.#table.columns.get(name) ?? this.#columns.get(name);
    if (existing) {
      if (existing.role !== role) return REASONS.otherRole(name, existing.role);
      return existing.type === type ? undefined : REASONS.otherType(name, existing.type, type);
    }
    const folded = name.toLowerCase();
    const twin =
      this.#table.foldedColumns.get(folded) ??
      this.#folded.get(folded) ??
      added.find((column) => column.name.toLowerCase() === folded)?.name;
    if (twin === name) return REASONS.otherRole(name, role === "dimension" ? "measure" : "dimension");
    if (twin !== undefined) return REASONS.onlyCase(name, twin);
    added.push({ name, role, type, multi });
    return undefined;
  }

  #brokenQuota(added: readonly Column[]): string | undefined {
    const count = (match: (column: Column) => boolean) =>
      [...this.#table.columns.values(), ...this.#columns.values(), ...added].filter(match).length;
    if (count((column) => column.role === "dimension") > QUOTAS.dimensionsPerTable) {
      return REASONS.tooMany("dimensions per table", QUOTAS.dimensionsPerTable);
    }
    if (count((column) => column.multi) > QUOTAS.multiMeasuresPerTable) {
      return REASONS.tooMany("unique measures across multi-measure records per table", QUOTAS.multiMeasuresPerTable);
    }
    return undefined;
  }
}
