import {
  BatchGetItemCommand,
  GetItemCommand,
  ProvisionedThroughputExceededException,
  PutItemCommand,
  QueryCommand,
} from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import type { CommittedPart, HeadState, OpenPart, PartRange } from "../../lib/store/ledger/ledger.ts";
import type { Item } from "../fakes/dynamo-item.ts";
import type { CallName } from "./plan.ts";

type Command = { readonly input: object };

/** The roll-up knows one error of the ledger from another no more than this. */
export const unavailable = (refused: boolean): Error =>
  refused
    ? new ProvisionedThroughputExceededException({ message: "slow down", $metadata: {} })
    : Object.assign(new Error("the ledger does not answer"), { name: "TimeoutError" });

/** What a request is called, by what it reads or writes. */
export function callOf(command: Command): CallName {
  if (command instanceof GetItemCommand) return readOf(sortKeyOf(command.input.Key));
  if (command instanceof BatchGetItemCommand) return "ledger.heads";
  if (command instanceof QueryCommand) {
    const from = command.input.ExpressionAttributeValues?.[":from"]?.S ?? "";
    if (from.startsWith("ids#")) return "ledger.ids";
    return command.input.ScanIndexForward === true ? "ledger.committed" : "ledger.neighbours";
  }
  if (command instanceof PutItemCommand) return writeOf(sortKeyOf(command.input.Item));
  return "ledger.other";
}

const sortKeyOf = (item: Item = {}): string => item.item?.S ?? "";

function readOf(item: string): CallName {
  if (item === "head") return "ledger.head";
  return item === "definitions" ? "ledger.definitions" : "ledger.other";
}

function writeOf(item: string): CallName {
  if (item === "head") return "ledger.moveHead";
  if (item.startsWith("part#")) return "ledger.commit";
  if (item.startsWith("ids#")) return "ledger.keepIds";
  return item === "definitions" ? "ledger.keepDefinitions" : "ledger.other";
}

export function shownRequest(command: Command): string {
  if (command instanceof PutItemCommand) return shownItem(command.input.Item);
  if (command instanceof GetItemCommand) return shownKey(command.input.Key);
  if (!(command instanceof QueryCommand)) return "";
  const { ":shard": shard, ":from": from, ":to": to } = command.input.ExpressionAttributeValues ?? {};
  const behind = command.input.ExclusiveStartKey === undefined ? "" : ", on";
  return `${shard?.S} ${shownSort(from?.S)}..${shownSort(to?.S)}${behind}`;
}

export function shownAnswer(answer: unknown): string {
  const { Item, Items } = answer as { Item?: Item; Items?: Item[] };
  if (Items !== undefined) return Items.map(shownItem).join("; ") || "none";
  return Item === undefined ? "" : shownItem(Item);
}

const shownKey = (item: Item = {}): string => `${item.shard?.S} ${shownSort(item.item?.S)}`;

/** Without the zeros that sequence numbers are filled up with. */
const shownSort = (sort = ""): string => sort.replace(/#0+/, "#");

function shownItem(item: Item = {}): string {
  const { head, part, ids } = (item.head ?? item.part) ? (unmarshall(item) as ShownItem) : ({} as ShownItem);
  if (head !== undefined) return `${shownKey(item)}: revision ${head.revision}, ${shownState(head)}`;
  if (part !== undefined) return `${shownKey(item)}: ${shownPart(part)}${shownRows(part)}`;
  const bytes = item.ids?.B?.byteLength ?? ids?.byteLength;
  return bytes === undefined ? shownKey(item) : `${shownKey(item)}: ${bytes} bytes`;
}

interface ShownItem {
  readonly head?: HeadState & { readonly revision: number };
  /** Without most of its attributes where the request asks for a few. */
  readonly part?: PartRange & Pick<CommittedPart, "number"> & Partial<CommittedPart>;
  readonly ids?: Uint8Array;
}

/** A part in a trace. */
const shownPart = ({ id, firstSequence, lastSequence, number }: PartRange & Pick<CommittedPart, "number">): string =>
  `#${number} ${id?.slice(0, 6)} [${firstSequence}..${lastSequence}]`;

const shownRows = ({ definitions, rows }: Partial<CommittedPart>): string =>
  definitions === undefined ? "" : ` v${definitions.length} rows ${rows}`;

function shownState({ open, ancestors, descendants }: HeadState): string {
  const parts = open.map((part) => `${shownPart(part)}${shownViews(part)}`).join(" ") || "none";
  const relatives = ancestors.length + descendants.length === 0 ? "" : `, from [${ancestors}], to [${descendants}]`;
  return `open ${parts}${relatives}`;
}

const shownViews = ({ views }: OpenPart): string => (views === undefined ? " unsealed" : ` ${JSON.stringify(views)}`);
