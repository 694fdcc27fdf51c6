/** When two decisions say the same, and which decisions a request is about. Words only; knows no file. */
import { type Decision, isInForce } from "./decisions.ts";

const words = (text: string): string[] =>
  text
    .normalize("NFKC")
    .toLowerCase()
    .match(/\p{L}+|\p{N}+/gu) ?? [];

const pairs = (text: string): Map<string, number> => {
  const found = new Map<string, number>();
  for (let index = 0; index + 1 < text.length; index++) {
    const pair = text.slice(index, index + 2);
    found.set(pair, (found.get(pair) ?? 0) + 1);
  }
  return found;
};

const leastSimilar = 0.8;

/** Dice's coefficient over pairs of characters, 0 to 1 (0 as well where lengths alone keep it below 0.8). */
const similarity = (a: string, b: string): number => {
  const [left, right] = [words(a).join(" "), words(b).join(" ")];
  if (left === right) return 1;
  const [short, long] = [Math.min(left.length, right.length), Math.max(left.length, right.length)];
  if (short < 2) return 0;
  if (2 * (short - 1) < leastSimilar * (short + long - 2)) return 0;
  const [leftPairs, rightPairs] = [pairs(left), pairs(right)];
  let shared = 0;
  for (const [pair, count] of leftPairs) shared += Math.min(count, rightPairs.get(pair) ?? 0);
  return (2 * shared) / (left.length + right.length - 2);
};

const negations = new Set(["not", "no", "never", "without", "instead", "avoid", "disable"]);

/** What turns a title into its opposite or into another value: 5/min and 10/min are two decisions. */
const turning = (title: string): string =>
  words(title)
    .filter((word) => /^\p{N}/u.test(word) || negations.has(word))
    .join(" ");

export type Likeness = "same" | "changed" | undefined;

/** "changed" = about the same thing with another value: the newer one supersedes the older. */
export const compareDecisions = (
  a: Pick<Decision, "title" | "category">,
  b: Pick<Decision, "title" | "category">,
): Likeness => {
  if (a.category !== b.category || similarity(a.title, b.title) < leastSimilar) return undefined;
  return turning(a.title) === turning(b.title) ? "same" : "changed";
};

const common = new Set(
  "the and for with that this from into have has are was will can use using used add new all any not our its per via".split(
    " ",
  ),
);

const keywords = (text: string): Set<string> =>
  new Set(
    words(text)
      .filter((word) => word.length > 2 && !common.has(word))
      .map((word) => (word.length > 3 ? word.replace(/s$/, "") : word)),
  );

const maxSelectedCharacters = 16_000;

const impactWeight: Readonly<Record<string, number>> = { high: 1, medium: 0.5 };

/** Words in common with the request; what shapes the whole system counts for every request. */
const relevance = (decision: Decision, wanted: ReadonlySet<string>): number => {
  const shared = (text: string) => [...keywords(text)].filter((word) => wanted.has(word)).length;
  const score =
    3 * shared(decision.title) +
    2 * shared(decision.category) +
    shared(`${decision.summary ?? ""} ${decision.rationale}`);
  const general = decision.impact === "high" && /^(architecture|security|api-design)$/.test(decision.category);
  return score === 0 && !general ? 0 : score + (impactWeight[decision.impact] ?? 0);
};

/** The decisions in force that a request is about, the most relevant first; bounded in number and in text. */
export const selectDecisions = (decisions: readonly Decision[], request: string, max: number): Decision[] => {
  const wanted = keywords(request);
  const ranked = decisions
    .filter(isInForce)
    .map((decision) => ({ decision, score: relevance(decision, wanted) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || (a.decision.date < b.decision.date ? 1 : -1))
    .slice(0, max);
  let left = maxSelectedCharacters;
  return ranked
    .map(({ decision }) => decision)
    .filter((decision, index) => {
      left -= decision.title.length + decision.rationale.length;
      return index === 0 || left >= 0;
    });
};
