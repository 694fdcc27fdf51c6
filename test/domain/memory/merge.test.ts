import { describe, expect, it } from "vitest";
import { mergeMemory, parseDecisions, parseState } from "../../../src/domain/memory.ts";

const decisions = (...list: Record<string, unknown>[]) =>
  JSON.stringify({ decisions: list.map((one) => ({ date: "2026-11-25", ...one })) });
const merge = (base: string, ours: string, theirs: string) => {
  const merged = mergeMemory({ decisions: base }, { decisions: ours }, { decisions: theirs });
  return { ...merged, list: parseDecisions(merged.decisions).decisions };
};
const a = { id: "DEC-20261125-0001", title: "A", status: "accepted" };

describe("mergeMemory", () => {
  it("keeps what either side added", () => {
    const b = { id: "DEC-20261125-0002", title: "B" };
    const c = { id: "DEC-20261125-0003", title: "C" };
    expect(merge(decisions(a), decisions(a, b), decisions(a, c)).list.map(({ title }) => title)).toEqual([
      "A",
      "B",
      "C",
    ]);
  });

  it("gives ours another number when both sides added one under the same, and follows its references", () => {
    const ours = { id: "DEC-20261125-0002", title: "Ours" };
    const theirs = { id: "DEC-20261125-0002", title: "Theirs" };
    const oldOfOurs = { ...a, status: "superseded", superseded_by: ours.id };
    const {
      decisions: text,
      state,
      notes,
    } = mergeMemory(
      { decisions: decisions(a) },
      {
        decisions: decisions(oldOfOurs, ours),
        state: JSON.stringify({ agent_decisions: { architect: [{ id: ours.id, decision: "Ours" }] } }),
      },
      { decisions: decisions(a, theirs) },
    );
    expect(parseDecisions(text).decisions).toMatchObject([
      { id: "DEC-20261125-0001", status: "superseded", superseded_by: "DEC-20261125-0003" },
      { id: "DEC-20261125-0002", title: "Theirs" },
      { id: "DEC-20261125-0003", title: "Ours" },
    ]);
    expect(parseState(state).state.agent_decisions).toEqual({
      architect: [{ id: "DEC-20261125-0003", decision: "Ours" }],
    });
    expect(notes).toEqual([
      "Our decision DEC-20261125-0002 is now DEC-20261125-0003: the other branch has one of that id.",
    ]);
  });

  it("merges two changes of one decision field by field, and says where they clash", () => {
    const { list, notes } = merge(
      decisions({ ...a, impact: "low" }),
      decisions({ ...a, impact: "high", title: "A of ours" }),
      decisions({ ...a, impact: "low", title: "A of theirs", owner: "guild" }),
    );
    expect(list).toMatchObject([{ impact: "high", title: "A of theirs", owner: "guild" }]);
    expect(notes).toEqual(["Both branches changed `title` of DEC-20261125-0001: the other branch's value stands."]);
  });

  it("lets a decision go that one side took out and the other left alone, and keeps one that the other changed", () => {
    expect(merge(decisions(a), decisions(), decisions(a)).list).toEqual([]);
    expect(merge(decisions(a), decisions(), decisions({ ...a, status: "implemented" })).list).toHaveLength(1);
  });

  it("is the same in both directions where nothing clashes", () => {
    const [b, c] = [
      { id: "b", title: "B" },
      { id: "c", title: "C" },
    ];
    expect(merge(decisions(a), decisions(a, b), decisions(a, c)).decisions).toBe(
      merge(decisions(a), decisions(a, c), decisions(a, b)).decisions,
    );
  });

  it("joins finished and open tasks by run, and drops an open one that the other side finished", () => {
    const open = { task: "t", run: "run-1", issue: 1 };
    const { state } = mergeMemory(
      { state: JSON.stringify({ tasks_pending: [open] }) },
      { state: JSON.stringify({ tasks_pending: [open], tasks_completed: [{ task: "o", run: "run-3" }] }) },
      {
        state: JSON.stringify({
          tasks_completed: [
            { ...open, resolved_by: "run-2" },
            { task: "u", run: "run-2" },
          ],
          note: 1,
        }),
      },
    );
    const merged = parseState(state).state;
    expect(merged.tasks_pending).toEqual([]);
    expect(merged.tasks_completed.map(({ run }) => run)).toEqual(["run-1", "run-2", "run-3"]);
    expect(merged["note"]).toBe(1);
  });
});
