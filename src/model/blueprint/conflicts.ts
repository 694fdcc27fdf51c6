/** Decisions in the repository's memory that speak against what the blueprint would write: followed by asking, never passed over. */
import type { Unclear } from "./fields.ts";
import type { Wish } from "./request.ts";

type Decision = { readonly id: string; readonly title: string; readonly rationale: string };

type Rule = {
  readonly concerns: (wish: Wish) => boolean;
  readonly pattern: RegExp;
  /** Where this is said as well, the decision rejects the pattern instead of choosing it. */
  readonly settledBy?: "offset-pagination";
  readonly question: string;
  readonly options: readonly string[];
};

const rules: readonly Rule[] = [
  {
    concerns: (wish) => wish.kind === "crud",
    pattern: /\b(keyset|cursor)\b[\w\s-]*\bpagina|\bpaginat\w*[\w\s]*\b(by|with|through)\s+(a\s+)?(keyset|cursor)/i,
    settledBy: "offset-pagination",
    question: "I page by limit and offset only. May this resource do so?",
    options: ["add `Pagination: offset` to the issue", "use a language model for this issue"],
  },
  {
    concerns: (wish) => wish.kind === "crud",
    pattern: /\bsoft[\s-]?delet/i,
    question: "I delete rows for good. Shall this resource have no DELETE, or delete softly?",
    options: ["use a language model for this issue", "supersede the decision first"],
  },
  {
    concerns: (wish) => wish.kind === "auth",
    pattern:
      /\b(no|without)\s+(local\s+)?passwords?\b|\bpasswordless\b|\b(single sign-on|SSO|OIDC|external identity)\b/i,
    question: "I register users with a password of their own. Is that wanted?",
    options: ["use a language model for this issue", "supersede the decision first"],
  },
];

export const conflictsWith = (wish: Wish, decisions: readonly Decision[], settled: ReadonlySet<string>): Unclear[] =>
  rules.flatMap((rule) => {
    if (!rule.concerns(wish) || (rule.settledBy && settled.has(rule.settledBy))) return [];
    const decision = decisions.find((one) => rule.pattern.test(one.title));
    return decision
      ? [
          {
            question: `The decision ${decision.id} says "${decision.title.slice(0, 200)}". ${rule.question}`,
            options: rule.options,
          },
        ]
      : [];
  });
