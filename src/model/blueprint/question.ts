/** What a question names of the code: operations, names and topics, told from its words. Pure. */

export type Question = {
  readonly operations: readonly { readonly method: string | undefined; readonly path: string }[];
  /** As code spells them. */
  readonly names: readonly string[];
  /** Lower case, in the order in which they stand. */
  readonly words: readonly string[];
  readonly asksFor: { readonly operations: boolean; readonly tables: boolean; readonly reasons: boolean };
};

const maxText = 4_000;
const maxNames = 6;

const operation = /(?:\b(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)\s+)?(?<![\w.:/])(\/[A-Za-z0-9_{][\w\-./{}]*)/g;
const name = /`([A-Za-z_]\w*)(?:\(\))?`|\b([A-Z][a-z0-9]+(?:[A-Z][a-z0-9]*)+|[a-z][a-z0-9]*(?:_[a-z0-9]+)+)\b/g;

/** Words of every question, and those that name a topic. */
const common = new Set(
  "about after also another answer anything application backend been before being belong both check code could defined does done each endpoint endpoints entity entities exactly exist exists explain file files find from function functions give have here http implemented just know live made make many model models more most much name need operation operations please project python question repository route routes same schema service should show some something table tables tell than that their them then there these they this those used uses using want were what when where which while whom whose will with without work works would your".split(
    " ",
  ),
);

export const parseQuestion = (request: { readonly title: string; readonly body: string }): Question => {
  const text = `${request.title}\n${request.body}`.slice(0, maxText);
  const operations = [...text.matchAll(operation)].flatMap(([, method, path = ""]) => {
    const plain = path.replace(/[./]+$/, "");
    return plain === "" || /\.\w+$/.test(plain) ? [] : [{ method, path: plain }];
  });
  const prose = text.replace(operation, " ");
  const names = [...prose.matchAll(name)].map(([, quoted, bare]) => quoted ?? bare ?? "");
  const words = prose
    .replace(name, " ")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word.length > 3 && !common.has(word) && !/^\d/.test(word));
  return {
    operations: operations.slice(0, maxNames),
    names: [...new Set(names)].slice(0, maxNames),
    words: [...new Set(words)].slice(0, maxNames),
    asksFor: {
      operations: /\b(end ?points?|routes?|operations?|urls?)\b/i.test(prose),
      tables: /\b(tables?|models?|entit(?:y|ies)|columns?|database schema)\b/i.test(prose),
      reasons: /\b(why|reasons?|rationale|explain|should|better|pros|cons)\b/i.test(prose),
    },
  };
};

export const rootOf = (word: string): string => word.replace(/(?<=\w{3})(?:ies|es|s|y)$/, "");

/** `orders` for a class Order, `order` for a path of orders. */
export const speaksOf = (text: string, words: readonly string[]): boolean => {
  const lower = text.toLowerCase();
  return words.some((word) => lower.includes(rootOf(word)));
};
