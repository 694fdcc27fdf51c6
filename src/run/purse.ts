/** What runs may spend together: asked before every turn of every agent. Knows sums, and nothing of what is done with the money. */

import { tokensOf } from "../domain/budget.ts";
import { type Amount, leastOf, type SharedCaps, whyUsedUp } from "../domain/caps.ts";
import { SpentError } from "../domain/errors.ts";
import { keyOf } from "../domain/job.ts";
import type { RepositoryRef } from "../domain/repository.ts";
import type { Clock, Model, ModelTurn, Store } from "../ports.ts";

export type Allowance = {
  /** Why nothing may be spent any more; undefined while something may. */
  refusal(): Promise<string | undefined>;
  /** The model, asked only while something is left. @throws SpentError from `turn` */
  of(model: Model): Model;
};

export type Purse = {
  /** @param own of the repository: they can lower the operator's; those that were read last count */
  open(repository: RepositoryRef, issue: number, own?: SharedCaps): Allowance;
};

/** One bound: what was spent under it, and which turns are asked for now. */
type Cell = {
  readonly kind: "day" | "issue";
  cap: Amount;
  readonly spent: { usd: number; tokens: number };
  asked: number;
  /** The dearest turn so far, once there was one. */
  dearest: { readonly usd: number; readonly tokens: number } | undefined;
  readonly waiting: Set<() => void>;
};

/**
 * The store is read once for each bound: this process alone spends, and from then on each turn is added as it ends. While
 * little is left, turns of runs side by side wait for one another, so that no bound is passed by more than one of them.
 */
export const createPurse = (deps: {
  readonly store: Pick<Store, "spentOn">;
  readonly clock: Clock;
  readonly caps: SharedCaps;
}): Purse => {
  const cells = new Map<string, Promise<Cell>>();
  const cellOf = (kind: Cell["kind"], repository: RepositoryRef, issue: number): Promise<Cell> => {
    const since = deps.clock().toISOString().slice(0, 10);
    const name = kind === "day" ? `${repository.id} ${since}` : keyOf(repository, issue);
    const known = cells.get(name);
    if (known) return known;
    const scope = kind === "day" ? { since: `${since}T00:00:00.000Z` } : { issue };
    const cell = deps.store.spentOn(repository, scope).then(
      (spent): Cell => ({
        ...{ kind, cap: deps.caps[kind] ?? {}, spent: { ...spent } },
        ...{ asked: 0, dearest: undefined, waiting: new Set() },
      }),
      (error: unknown) => {
        // Whoever asks next reads again.
        cells.delete(name);
        throw error;
      },
    );
    cells.set(name, cell);
    return cell;
  };
  return {
    open: (repository, issue, own = {}) => {
      const bounded = async (kind: Cell["kind"]): Promise<Cell> => {
        const cell = await cellOf(kind, repository, issue);
        cell.cap = leastOf(deps.caps[kind], own[kind]);
        return cell;
      };
      const bounds = () => Promise.all((["day", "issue"] as const).map(bounded));
      return {
        refusal: async () => refusalOf(await bounds()),
        of: (model) => ({
          ...model,
          turn: async (request, signal) => {
            const held = await bounds();
            await enter(held, signal);
            let turn: ModelTurn | undefined;
            try {
              turn = await model.turn(request, signal);
              return turn;
            } finally {
              leave(held, turn);
            }
          },
        }),
      };
    },
  };
};

const refusalOf = (cells: readonly Cell[]): string | undefined => {
  for (const { kind, spent, cap } of cells) {
    const why = whyUsedUp(kind, spent, cap);
    if (why !== undefined) return why;
  }
  return undefined;
};

/** Waits while the turns that are asked for might use up what is left. */
const enter = async (cells: readonly Cell[], signal: AbortSignal): Promise<void> => {
  for (;;) {
    signal.throwIfAborted();
    const why = refusalOf(cells);
    if (why !== undefined) throw new SpentError(why);
    const full = cells.find((cell) => !hasRoom(cell));
    if (!full) break;
    await nextEnd(full, signal);
  }
  for (const cell of cells) cell.asked += 1;
};

const hasRoom = ({ asked, dearest, spent, cap }: Cell): boolean => {
  if (asked === 0) return true;
  if (!dearest) return cap.usd === undefined && cap.tokens === undefined;
  const turns = asked + 1;
  return (
    (cap.usd === undefined || spent.usd + turns * dearest.usd <= cap.usd) &&
    (cap.tokens === undefined || spent.tokens + turns * dearest.tokens <= cap.tokens)
  );
};

const nextEnd = (cell: Cell, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      cell.waiting.delete(done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    cell.waiting.add(done);
    signal.addEventListener("abort", done, { once: true });
  });

const leave = (cells: readonly Cell[], turn: ModelTurn | undefined): void => {
  for (const cell of cells) {
    cell.asked -= 1;
    if (turn) {
      const [usd, tokens] = [turn.usd, tokensOf(turn.usage)];
      cell.spent.usd += usd;
      cell.spent.tokens += tokens;
      cell.dearest = {
        usd: Math.max(usd, cell.dearest?.usd ?? 0),
        tokens: Math.max(tokens, cell.dearest?.tokens ?? 0),
      };
    }
    for (const wake of [...cell.waiting]) wake();
  }
};
