/** The table of claims says what confirmed each of them. */
import { expect, it } from "vitest";
import { claimsSection } from "../../../src/domain/render/claims.ts";

it("says of a claim whether the imported application confirmed it, too", () => {
  const claim = { kind: "endpoint", verdict: "confirmed", reason: "" } as const;
  const shown = claimsSection(
    [
      { ...claim, claim: "GET /items", by: "run time" },
      { ...claim, claim: "POST /items" },
    ],
    { text: 100, items: 10 } as Parameters<typeof claimsSection>[1],
  );
  expect(shown).toMatch(/`GET \/items`\s*\| confirmed \(run time\)/);
  expect(shown).toMatch(/`POST \/items`\s*\| confirmed\s*\|/);
});
