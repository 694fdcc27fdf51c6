/** Review threads of our pull request, and what in them is for us to answer. Pure: who may write is told to it. */
import { addresseeOf, isCourtesy, slugOf } from "./addressee.ts";
import type { Person } from "./repository.ts";

export type ThreadComment = {
  readonly id: number;
  /** The review that it came with: a loose comment and a reply are a review of one. */
  readonly review: number | undefined;
  readonly body: string;
  readonly author: Person;
};

/** Where a thread stands. */
export type ThreadPlace = {
  /** Of its first comment: answers go to this one. */
  readonly id: number;
  readonly path: string;
  /** The last line that it stands on; undefined where it is on the file, or on lines that are gone. */
  readonly line?: number;
  /** How many lines it stands on. */
  readonly lines: number;
  /** LEFT: on lines as they were before the pull request. */
  readonly side: "LEFT" | "RIGHT";
  readonly hunk: string;
};

export type ReviewThread = ThreadPlace & {
  /** Oldest first. */
  readonly comments: readonly ThreadComment[];
};

/** What a follow-up answers once: what people said in a thread since it was last dealt with. */
export type ThreadItem = {
  readonly thread: ThreadPlace;
  /** Oldest first; never empty. */
  readonly said: readonly ThreadComment[];
  /** Before that, by those who may write and by us. */
  readonly earlier: readonly ThreadComment[];
  /** Before that, by anybody else, where the configuration lets it in: data. */
  readonly others?: readonly ThreadComment[];
};

/** The comment by which an item is known: its last one. */
export const itemId = ({ said }: ThreadItem): number => said.at(-1)?.id ?? 0;

export type Picking = {
  /** Those that this run answers. */
  readonly reviews: ReadonlySet<number>;
  readonly self: Person;
  /** Ids of people who may write. */
  readonly writers: ReadonlySet<number>;
  /** Threads in which we asked something last: whatever a person says there is an answer, unless it is for somebody else. */
  readonly asked: ReadonlySet<number>;
  /** Text of others is let in as data. */
  readonly letsIn?: boolean | undefined;
};

export const itemsOf = (threads: readonly ReviewThread[], picking: Picking): ThreadItem[] =>
  threads.flatMap(({ comments, ...thread }) => {
    const ours = heardIn(thread.id, comments, picking);
    const said = comments.filter(
      ({ id, review, author }) =>
        ours.has(id) && review !== undefined && picking.reviews.has(review) && picking.writers.has(author.id),
    );
    const [first] = said;
    if (!first) return [];
    const last = comments.findIndex(({ id }) => id === said.at(-1)?.id);
    const before = comments.slice(0, last).filter((one) => !said.includes(one));
    const isHeard = ({ author }: ThreadComment) => picking.writers.has(author.id) || author.id === picking.self.id;
    const others = picking.letsIn ? before.filter((one) => !isHeard(one)) : [];
    return [{ thread, said, earlier: before.filter(isHeard), ...(others.length > 0 ? { others } : {}) }];
  });

/**
 * A thread is with us until somebody else is spoken to by name; then it is theirs, until we are named, or a person
 * answers a question of ours.
 */
const heardIn = (id: number, comments: readonly ThreadComment[], { self, asked }: Picking): ReadonlySet<number> => {
  const heard = new Set<number>();
  let withUs = true;
  let last: ThreadComment | undefined;
  for (const comment of comments) {
    const answersUs = asked.has(id) && last?.author.id === self.id;
    last = comment;
    if (comment.author.id === self.id) {
      withUs = true;
      continue;
    }
    const to = addresseeOf(comment.body, slugOf(self));
    if (to !== "nobody") withUs = to === "us";
    if ((withUs || (to === "nobody" && asked.has(id))) && (answersUs || !isCourtesy(comment.body)))
      heard.add(comment.id);
  }
  return heard;
};
