/** What a review says of a pull request beside what earlier reviews of it said: each finding once, found again by its hidden marker. Knows text only. */
import { createHash } from "node:crypto";
import type { ContractChange } from "./contract.ts";
import type { Finding } from "./finding.ts";

/** LEFT: of what was there before. */
export type Side = "LEFT" | "RIGHT";

/** A line that the diff shows. */
export type Spot = { readonly path: string; readonly line: number; readonly side: Side };

/** Of our facts: it can be shown again at any time. */
export type ReviewFinding = Finding & {
  /** The same finding has the same one, wherever its line moves. */
  readonly key: string;
  /** Where its path and line are those of the base. */
  readonly gone?: true;
  /** Where a comment on it can stand; nowhere where left out. */
  readonly spot?: Spot;
};

/** What nobody but the agent says. */
export type Opinion = {
  readonly key: string;
  readonly severity: "critical" | "high" | "medium" | "low";
  readonly path: string;
  readonly line: number;
  readonly body: string;
};

/** How a head was looked at: by our facts alone, by an agent that reads, by an agent that may run it. */
export const depths = ["facts", "read", "run"] as const;
export type Depth = (typeof depths)[number];

/** A finding as an earlier review carries it. */
export type Told = { readonly key: string; readonly rule: string; readonly path: string; readonly message: string };

/** What the App's own reviews of a pull request have said so far. */
export type Known = {
  /** That nothing has mended since. */
  readonly told: readonly Told[];
  /** Keys of what agents said. */
  readonly opinions: ReadonlySet<string>;
  /** `contractKey` of what the newest one shows. */
  readonly contract?: string | undefined;
  /** Of the newest one. */
  readonly last?:
    | {
        readonly url: string;
        readonly commit: string;
        readonly depth: Depth;
        readonly tried: boolean;
        readonly submittedAt: string;
      }
    | undefined;
};

const hash = (...parts: readonly string[]): string =>
  createHash("sha256").update(parts.join("\0")).digest("hex").slice(0, 16);

/** Of two that read the same in one file, the first by line is the first. */
export const withKeys = (findings: readonly Omit<ReviewFinding, "key">[]): readonly ReviewFinding[] => {
  const times = new Map<string, number>();
  return findings.map((finding) => {
    const { rule, path = "", message } = finding;
    const text = [rule, path, message].join("\0");
    const time = times.get(text) ?? 0;
    times.set(text, time + 1);
    return { ...finding, key: hash(text, String(time)) };
  });
};

/** @param code of the line that it stands on: with other code it is another opinion, with other words it is the same */
export const opinionKey = (path: string, code: string): string => hash("opinion", path, code.trim());

export const contractKey = (contract: readonly ContractChange[]): string =>
  hash("contract", JSON.stringify(contract.map(({ kind, operation, what }) => [kind, operation, what])));

export const reviewMarker = (runId: string): string => `<!-- architect:review:${runId.replace(/\W/g, "")} -->`;
export const depthMarker = (depth: Depth): string => `<!-- architect:looked:${depth} -->`;
/** The repository's own commands ran on the head. */
export const triedMarker = "<!-- architect:tried -->";
export const contractMarker = (key: string): string => `<!-- architect:api:${key} -->`;
export const opinionMarker = (key: string): string => `<!-- architect:opinion:${key} -->`;
export const mendedMarker = (key: string): string => `<!-- architect:mended:${key} -->`;

const maxMessage = 200;

const packed = (text: string): string => Buffer.from(text).toString("base64url");
const unpacked = (text: string): string => Buffer.from(text, "base64url").toString("utf8");

/** In base64, for nothing of a path or a message may end the comment that it stands in. */
export const findingMarker = ({ key, rule, path = "", message }: Finding & { readonly key: string }): string =>
  `<!-- architect:finding:${key}:${rule}:${packed(path)}:${packed(message.slice(0, maxMessage))} -->`;

const findingPattern = /<!-- architect:finding:([0-9a-f]{16}):([a-z0-9-]{1,80}):([\w-]{0,4000}):([\w-]{0,1600}) -->/g;

const toldIn = (text: string): readonly Told[] =>
  [...text.matchAll(findingPattern)].map(([, key = "", rule = "", path = "", message = ""]) => ({
    ...{ key, rule },
    path: unpacked(path),
    message: unpacked(message),
  }));

const keysIn = (text: string, kind: "mended" | "opinion" | "api"): readonly string[] =>
  [...text.matchAll(new RegExp(`<!-- architect:${kind}:([0-9a-f]{16}) -->`, "g"))].map(([, key = ""]) => key);

const depthIn = (text: string): Depth => depths.find((depth) => text.includes(depthMarker(depth))) ?? "facts";

type Posted = {
  readonly url: string;
  readonly commit: string;
  readonly submittedAt: string;
  readonly body: string;
  readonly comments: readonly { readonly body: string }[];
};

/** @param reviews that the App itself wrote, oldest first: a marker that somebody else writes says nothing */
export const knownFrom = (reviews: readonly Posted[]): Known => {
  const told = new Map<string, Told>();
  const opinions = new Set<string>();
  for (const { body, comments } of reviews) {
    for (const key of keysIn(body, "mended")) told.delete(key);
    for (const text of [body, ...comments.map((comment) => comment.body)]) {
      for (const one of toldIn(text)) told.set(one.key, one);
      for (const key of keysIn(text, "opinion")) opinions.add(key);
    }
  }
  const last = reviews.at(-1);
  return {
    told: [...told.values()],
    opinions,
    contract: keysIn(last?.body ?? "", "api")[0],
    ...(last
      ? {
          last: {
            ...{ url: last.url, commit: last.commit, submittedAt: last.submittedAt },
            ...{ depth: depthIn(last.body), tried: last.body.includes(triedMarker) },
          },
        }
      : {}),
  };
};

/** Two findings on one matter are one that changed: the tables without a migration are others, an operation breaks more. */
const matterOf = ({ rule, path, message, key }: Told | ReviewFinding): string => {
  if (rule === "migration-missing") return rule;
  if (rule === "breaking-change") return [rule, path ?? "", message.split(" breaks ")[0]].join("\0");
  return key;
};

const order: readonly Finding["severity"][] = ["error", "concern", "note"];

/** Rules about data and clients come before those about code, of one severity. */
const weightOf = ({ rule, severity }: Finding): number =>
  order.indexOf(severity) * 2 + (/^(breaking-change|.*-migration.*|migration-.*)$/.test(rule) ? 0 : 1);

export type Plan = {
  /** Not told before, worst first: on lines of the diff. */
  readonly inline: readonly ReviewFinding[];
  /** The others that are told, above the lines. */
  readonly below: readonly ReviewFinding[];
  /** Not told before, and not now for want of room. */
  readonly more: number;
  readonly mended: readonly Told[];
  /** Told before, and still so. */
  readonly standing: number;
};

/** Comments on lines, the agent's among them: more of them bury the pull request. */
const mostInline = 30;
const mostBelow = 60;
/** Characters of a table in a review's body, markers and links included; GitHub takes 65,536 of all of it. */
const roomBelow = 50_000;

const roomOf = ({ message, path = "" }: ReviewFinding): number =>
  400 + 3 * path.length + Math.min(message.length, 600) + 1.4 * Math.min(message.length, maxMessage);

const withinRoom = (findings: readonly ReviewFinding[]): readonly ReviewFinding[] => {
  let left = roomBelow;
  return findings.filter((finding) => {
    left -= roomOf(finding);
    return left >= 0;
  });
};
const mostMended = 40;

/** @param opinions so many of the lines are the agent's */
export const planReview = (findings: readonly ReviewFinding[], known: Pick<Known, "told">, opinions = 0): Plan => {
  const told = new Set(known.told.map(({ key }) => key));
  const fresh = findings.filter(({ key }) => !told.has(key)).toSorted((a, b) => weightOf(a) - weightOf(b));
  const placed = fresh.filter(({ spot }) => spot).slice(0, Math.max(0, mostInline - opinions));
  const unplaced = fresh.filter((finding) => !placed.includes(finding));
  // Those that can stand on a line have their turn in the next review, too.
  const rest = [...unplaced.filter(({ spot }) => !spot), ...unplaced.filter(({ spot }) => spot)];
  const below = withinRoom(rest.slice(0, mostBelow));
  const matters = new Set(findings.map(matterOf));
  return {
    inline: placed,
    below,
    more: rest.length - below.length,
    mended: known.told.filter((one) => !matters.has(matterOf(one))).slice(0, mostMended),
    standing: findings.length - fresh.length,
  };
};
