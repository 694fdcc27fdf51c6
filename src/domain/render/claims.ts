/** What our code found of each claim, for the reviewer: what holds, what does not, and where to look. */
import type { ClaimVerdict } from "../claim.ts";
import { code, inline, table } from "./safe.ts";
import type { Detail } from "./sections.ts";

const words: Readonly<Record<ClaimVerdict["verdict"], string>> = {
  confirmed: "confirmed",
  contradicted: "**contradicted**",
  unprovable: "not provable",
};

const order: readonly ClaimVerdict["verdict"][] = ["contradicted", "unprovable", "confirmed"];

/** What contradicts comes first; a claim that the code denies is struck through. */
export const claimsSection = (claims: readonly ClaimVerdict[], { text, items }: Detail): string | undefined => {
  if (claims.length === 0) return undefined;
  const sorted = order.flatMap((verdict) => claims.filter((one) => one.verdict === verdict));
  const rows = sorted
    .slice(0, items)
    .map(({ kind, claim, verdict, reason, where, by }) => [
      kind === "unreported" || verdict !== "contradicted" ? said(kind, claim, text) : `~~${said(kind, claim, text)}~~`,
      kind === "unreported" ? "**not reported**" : `${words[verdict]}${by === "run time" ? " (run time)" : ""}`,
      [where ? code(`${where.file}:${where.line}`, text) : "", reason === "" ? "" : inline(reason, text)]
        .filter((part) => part !== "")
        .join("<br>"),
    ]);
  const count = (verdict: ClaimVerdict["verdict"]): number => claims.filter((one) => one.verdict === verdict).length;
  const sum = `${count("confirmed")} confirmed, ${count("contradicted")} contradicted, ${count("unprovable")} not provable by code.`;
  const more = sorted.length > rows.length ? [`… and ${sorted.length - rows.length} more.`] : [];
  return ["### Claims, held against the code", sum, table(["Claim", "Verdict", "In the code"], rows), ...more].join(
    "\n\n",
  );
};

const said = (kind: ClaimVerdict["kind"], claim: string, max: number): string =>
  kind === "security" || kind === "documentation" ? inline(claim, max) : code(claim, max);
