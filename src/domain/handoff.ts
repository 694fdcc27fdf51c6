/** Hand-offs as issues: whose they are, by which hidden mark an issue of ours is one, and which of those that are there it is. Pure. */
import { createHash } from "node:crypto";
import type { Handoff } from "./report.ts";

/** Whose work is never this App's; issues are filed for no others. */
export const handoffOwners = [
  "frontend-ui-developer",
  "database-engineer",
  "workflow-architect",
  "llm-integrator",
  "data-pipeline-engineer",
] as const;

export type HandoffOwner = (typeof handoffOwners)[number];

/** What is filed for one pull request at most. */
export const mostFiled = 10;

export const ownerOf = ({ to }: Pick<Handoff, "to">): HandoffOwner | undefined => {
  const name = to
    .trim()
    .toLowerCase()
    .replace(/[\s_]+/g, "-");
  return name === "frontend-dev" ? "frontend-ui-developer" : handoffOwners.find((owner) => owner === name);
};

/** An issue of ours that was filed for a hand-off. */
export type FiledHandoff = {
  readonly number: number;
  readonly state: "open" | "closed";
  readonly body: string;
  readonly owner: HandoffOwner;
  /** Counted from 1, for each owner. */
  readonly slot: number;
  /** Of the task, as it was told last. */
  readonly digest: string;
};

/** Where a hand-off stands: in an issue that is there, or in one that is to be made. */
export type PlacedHandoff = Omit<FiledHandoff, "number" | "state" | "body"> & {
  readonly handoff: Handoff;
  readonly filed: FiledHandoff | undefined;
};

export const digestOf = ({ task, patch }: Handoff): string =>
  createHash("sha256")
    .update(JSON.stringify([task, patch ?? null]))
    .digest("hex")
    .slice(0, 12);

/** A new one is found again by this after a crash; its digest may change. */
export const slotMark = (pull: number, { owner, slot }: Pick<PlacedHandoff, "owner" | "slot">): string =>
  `<!-- architect:handoff ${pull}/${owner}/${slot} `;

export const markOf = (pull: number, placed: Pick<PlacedHandoff, "owner" | "slot" | "digest">): string =>
  `${slotMark(pull, placed)}${placed.digest} -->`;

/** @returns undefined where it is none of this pull request */
export const parseFiled = (
  issue: Pick<FiledHandoff, "number" | "state" | "body">,
  pull: number,
): FiledHandoff | undefined => {
  const [, of, name, slot, digest = ""] =
    /<!-- architect:handoff (\d{1,9})\/([a-z-]{1,40})\/(\d{1,3}) ([0-9a-f]{12}) -->/.exec(issue.body) ?? [];
  const owner = handoffOwners.find((one) => one === name);
  if (owner === undefined || Number(of) !== pull) return undefined;
  const { number, state, body } = issue;
  return { number, state, body, owner, slot: Number(slot), digest };
};

export type Placing = {
  readonly placed: readonly PlacedHandoff[];
  /** Open ones that the report does not name any more. */
  readonly gone: readonly FiledHandoff[];
  /** Those that no issue is filed for because there are too many. */
  readonly beyond: number;
};

/**
 * The same task keeps its issue, closed or not; another one takes an open issue of its owner over, for it is what the
 * task became; what is left gets a new one.
 */
export const placeHandoffs = (handoffs: readonly Handoff[], known: readonly FiledHandoff[]): Placing => {
  const wanted = handoffs.flatMap((handoff) => {
    const owner = ownerOf(handoff);
    return owner === undefined ? [] : [{ handoff, owner, digest: digestOf(handoff) }];
  });
  const shown = wanted.slice(0, mostFiled);
  const pool = [...known].sort((a, b) => a.slot - b.slot);
  const taken = new Map<(typeof shown)[number], FiledHandoff>();
  const isFree = (filed: FiledHandoff) => ![...taken.values()].includes(filed);
  const take = (fits: (filed: FiledHandoff, one: (typeof shown)[number]) => boolean): void => {
    for (const one of shown) {
      const filed = taken.has(one)
        ? undefined
        : pool.find((each) => isFree(each) && each.owner === one.owner && fits(each, one));
      if (filed) taken.set(one, filed);
    }
  };
  take((filed, { digest }) => filed.digest === digest);
  take(({ state }) => state === "open");
  const last = new Map(handoffOwners.map((owner) => [owner, lastSlot(pool, owner)]));
  const placed = shown.map((one): PlacedHandoff => {
    const filed = taken.get(one);
    const slot = filed?.slot ?? (last.get(one.owner) ?? 0) + 1;
    if (!filed) last.set(one.owner, slot);
    return { ...one, slot, filed };
  });
  const gone = pool.filter((filed) => filed.state === "open" && isFree(filed));
  return { placed, gone, beyond: wanted.length - shown.length };
};

const lastSlot = (filed: readonly FiledHandoff[], owner: HandoffOwner): number =>
  Math.max(0, ...filed.filter((one) => one.owner === owner).map(({ slot }) => slot));
