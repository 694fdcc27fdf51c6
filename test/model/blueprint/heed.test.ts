/** Comments while the blueprint works: named in its report, whatever turn they came in, and the same at every replay. */
import { describe, expect, it } from "vitest";
import type { Message } from "../../../src/domain/message.ts";
import { renderRemarks, toRemark } from "../../../src/domain/remark.ts";
import { createBlueprint } from "../../../src/model/blueprint/blueprint.ts";
import { briefMessage } from "../../support/blueprint-driver.ts";

const blueprint = createBlueprint();
const maintainer = { login: "maintainer", id: 1, type: "User" };
const commented = (body: string) => ({
  type: "text" as const,
  text: renderRemarks([toRemark({ id: 1, author: maintainer, body }, "2026-11-25T12:00:00Z")]),
});

/** Every call but a report finds nothing; `say` adds what people say after a turn, and answers a report where it wants to. */
const talk = async (
  say: (turn: number, name: string) => { readonly refusal?: string; readonly comment?: string } | undefined,
): Promise<readonly { readonly name: string; readonly input: unknown }[]> => {
  const messages: Message[] = [briefMessage("Create user registration endpoint", "", {})];
  const calls: { name: string; input: unknown }[] = [];
  for (let turn = 0; turn < 30; turn++) {
    const request = { system: "", tools: [], messages, maxOutputTokens: 1_000, effort: "medium" as const };
    const { message, stopReason } = await blueprint.turn(request, new AbortController().signal);
    if (stopReason === "end_turn") return calls;
    const uses = message.content.flatMap((block) => (block.type === "tool_use" ? [block] : []));
    calls.push(...uses.map(({ name, input }) => ({ name, input })));
    const said = say(turn, uses[0]?.name ?? "");
    messages.push(message, {
      role: "user",
      content: [
        ...uses.map(({ id, name }) => ({
          ...{ type: "tool_result" as const, tool_use_id: id },
          content: name === "SubmitReport" ? (said?.refusal ?? "The report is accepted.") : "No files found.",
          ...(said?.refusal ? { is_error: true } : {}),
        })),
        ...(said?.comment === undefined ? [] : [commented(said.comment)]),
      ],
    });
    if (uses.some(({ name }) => name === "SubmitReport") && !said?.refusal) return calls;
  }
  throw new Error("it does not end");
};

const reportsOf = (calls: Awaited<ReturnType<typeof talk>>) =>
  calls
    .filter(({ name }) => name === "SubmitReport")
    .map(({ input }) => input as { status: string; concerns: readonly string[] });

describe("the blueprint", () => {
  it("names a comment that came while it worked as a concern, and goes on as it would have", async () => {
    const without = await talk(() => undefined);
    const calls = await talk((turn) => (turn === 0 ? { comment: "Use UUIDs, please." } : undefined));
    expect(calls.slice(0, -1)).toEqual(without.slice(0, -1));
    expect(reportsOf(without)[0]?.concerns.join()).not.toContain("commented");
    expect(reportsOf(calls)[0]?.concerns.at(-1)).toMatch(/^maintainer commented .*"Use UUIDs, please\."/);
  });

  it("hands the same report in again, with the comment, where it came back for that alone", async () => {
    let heard = false;
    const calls = await talk((_, name) => {
      if (name !== "SubmitReport" || heard) return undefined;
      heard = true;
      return { refusal: "The report is not accepted yet: [unheard-comment]", comment: "One word more." };
    });
    const [first, second, ...more] = reportsOf(calls);
    expect(more).toEqual([]);
    expect(second).toEqual({ ...first, concerns: [...(first?.concerns ?? []), expect.stringContaining("One word")] });
  });
});
