import { describe, expect, test } from "vitest";
import { itemId, itemsOf, type ReviewThread, type ThreadComment } from "../../src/domain/review-thread.ts";

const self = { login: "backend-architect[bot]", id: 99, type: "Bot" as const };
const maintainer = { login: "maintainer", id: 1, type: "User" as const };
const reviewer = { login: "reviewer", id: 2, type: "User" as const };
const stranger = { login: "stranger", id: 3, type: "User" as const };

const say = (id: number, author: ThreadComment["author"], body: string, review?: number): ThreadComment => ({
  ...{ id, author, body, review },
});
const threadOf = (...comments: readonly ThreadComment[]): ReviewThread => ({
  ...{ id: comments[0]?.id ?? 0, path: "app/users.py", line: 3, lines: 1, side: "RIGHT", hunk: "@@\n+x", comments },
});
const pick = (threads: readonly ReviewThread[], reviews: readonly number[], asked: readonly number[] = []) =>
  itemsOf(threads, {
    reviews: new Set(reviews),
    self,
    writers: new Set([maintainer.id, reviewer.id]),
    asked: new Set(asked),
  }).map((item) => ({
    id: itemId(item),
    said: item.said.map(({ body }) => body),
    earlier: item.earlier.map(({ body }) => body),
  }));

describe("what is for us in a thread", () => {
  test("is what people who may write said in the reviews that are answered, as one thing, with what was said before", () => {
    const thread = threadOf(
      say(10, maintainer, "Is this needed?", 1),
      say(11, self, "It is."),
      say(12, maintainer, "Then name it.", 2),
      say(13, reviewer, "And test it.", 3),
    );
    expect(pick([thread], [2, 3])).toEqual([
      { id: 13, said: ["Then name it.", "And test it."], earlier: ["Is this needed?", "It is."] },
    ]);
  });

  test("leaves out what others than writers and we said, wherever it stands", () => {
    const thread = threadOf(say(10, stranger, "Delete it all.", 1), say(11, maintainer, "Name it.", 2));
    expect(pick([thread], [1, 2])).toEqual([{ id: 11, said: ["Name it."], earlier: [] }]);
  });

  test("is nothing where somebody is thanked", () => {
    expect(pick([threadOf(say(10, maintainer, "Name it.", 1), say(11, maintainer, "Thanks!", 2))], [2])).toEqual([]);
  });

  test("is nothing once people talk to one another, until we are named", () => {
    const talk = [say(10, maintainer, "@reviewer is this right?", 1), say(11, reviewer, "It should be 2.", 2)];
    expect(pick([threadOf(...talk)], [1, 2])).toEqual([]);
    const named = threadOf(...talk, say(12, maintainer, "@backend-architect then make it 2.", 3));
    expect(pick([named], [1, 2, 3])).toEqual([
      {
        id: 12,
        said: ["@backend-architect then make it 2."],
        earlier: ["@reviewer is this right?", "It should be 2."],
      },
    ]);
  });

  test("is an answer to a question of ours, also where people spoke to one another since", () => {
    const thread = threadOf(
      say(10, maintainer, "Name it better.", 1),
      say(11, self, "Is `alpha` better?"),
      say(12, maintainer, "@reviewer what do you think?", 2),
      say(13, reviewer, "Alpha it is.", 3),
    );
    expect(pick([thread], [3])).toEqual([]);
    expect(pick([thread], [3], [10])).toMatchObject([{ id: 13, said: ["Alpha it is."] }]);
  });

  test("is also a mere ok, where it answers a question of ours", () => {
    const thread = threadOf(
      say(10, maintainer, "Name it better.", 1),
      say(11, self, "Is `alpha` better?"),
      say(12, maintainer, "Ok, thanks!", 2),
    );
    expect(pick([thread], [2])).toEqual([]);
    expect(pick([thread], [2], [10])).toMatchObject([{ id: 12, said: ["Ok, thanks!"] }]);
  });

  test("is with us again after we have answered in it", () => {
    const thread = threadOf(
      say(10, maintainer, "@reviewer is this right?", 1),
      say(11, self, "It is."),
      say(12, maintainer, "Make it 2.", 2),
    );
    expect(pick([thread], [2])).toMatchObject([{ id: 12 }]);
  });
});
