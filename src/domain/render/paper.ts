/** A design without code as files of the repository, and as a pull request shows it. Knows values and text only. */
import type { DecisionRecord, Paper, ServiceContract } from "../paper.ts";
import type { Boundary } from "../policy.ts";
import { code, inline, prose, table } from "./safe.ts";

const maxText = 4_000;

type About = { readonly issue: number; readonly date: string };

const slugOf = (title: string): string =>
  title
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 60)
    .replace(/^-+|-+$/g, "") || "decision";

const numbered = /^(\d{4})-[^/]*\.md$/;

const designFolder = "docs/design";

const adrFolders = [
  "docs/adr",
  "docs/adrs",
  "docs/decisions",
  "docs/architecture/decisions",
  "doc/adr",
  "adr",
] as const;

/** Where the repository keeps its records, or where they are kept by custom. */
const adrFolderOf = (paths: readonly string[]): string =>
  adrFolders.find((folder) =>
    paths.some((path) => path.startsWith(`${folder}/`) && numbered.test(path.slice(folder.length + 1))),
  ) ?? adrFolders[0];

/** Where a design without code can be written. */
export const paperBoundary: Boundary = { allowed: [designFolder, ...adrFolders], forbidden: [] };

export const isPaperPath = (path: string): boolean =>
  paperBoundary.allowed.some((folder) => path.startsWith(`${folder}/`)) && path.endsWith(".md");

export type PaperFile = { readonly path: string; readonly text: string };

/**
 * One record each, numbered on from the last one, and one file for services and contracts.
 *
 * @param known paths of the tree @param own of those, what this pull request added: a record of the same title is written again
 */
export const paperFiles = (
  paper: Paper,
  about: About,
  { known, own }: { readonly known: readonly string[]; readonly own: readonly string[] },
): readonly PaperFile[] => {
  const folder = adrFolderOf(known);
  const numbers = known.flatMap((path) =>
    path.startsWith(`${folder}/`) ? Number(numbered.exec(path.slice(folder.length + 1))?.[1] ?? 0) : [],
  );
  let last = Math.max(0, ...numbers);
  const records = paper.decisions.map((decision) => {
    const slug = slugOf(decision.title);
    const again = own.find((path) => path.startsWith(`${folder}/`) && path.endsWith(`-${slug}.md`));
    const path = again ?? `${folder}/${String(++last).padStart(4, "0")}-${slug}.md`;
    return { path, text: renderRecord(decision, Number(numbered.exec(path.slice(folder.length + 1))?.[1]), about) };
  });
  if (paper.services.length + paper.contracts.length === 0) return records;
  return [...records, { path: `${designFolder}/${paper.feature}.md`, text: renderDesign(paper, about, records) }];
};

const renderRecord = (record: DecisionRecord, number: number, { issue, date }: About): string =>
  `${[
    `# ADR-${String(number).padStart(4, "0")}: ${inline(record.title, 200)}`,
    `Status: Proposed\nDate: ${date}\nIssue: #${issue}`,
    `## Context\n\n${prose(record.context, maxText)}`,
    `## Decision\n\n${prose(record.decision, maxText)}`,
    `## Consequences\n\n${prose(record.consequences, maxText)}`,
    `## Alternatives\n\n${record.alternatives
      .map(({ option, rejected_because }) => `- **${inline(option, 300)}**: ${inline(rejected_because, maxText)}`)
      .join("\n")}`,
  ].join("\n\n")}\n`;

const renderDesign = (paper: Paper, { issue, date }: About, records: readonly PaperFile[]): string =>
  `${[
    `# ${paper.feature.replaceAll("-", " ").replace(/^./, (first) => first.toUpperCase())}`,
    `Issue: #${issue}\nDate: ${date}`,
    prose(paper.summary, maxText),
    ...parts(paper, { heading: "##", items: 60, text: maxText }),
    ...(records.length > 0
      ? [`## Decisions\n\n${records.map(({ path }) => `- [${path.split("/").at(-1)}](/${path})`).join("\n")}`]
      : []),
  ].join("\n\n")}\n`;

/** What a reviewer reads in the description. */
export const paperSection = (
  paper: Paper,
  { text, items }: { readonly text: number; readonly items: number },
): string => parts(paper, { heading: "###", items, text }).join("\n\n");

type Level = { readonly heading: string; readonly items: number; readonly text: number };

const parts = (paper: Paper, level: Level): readonly string[] => [
  ...(paper.services.length > 0 ? [`${level.heading} Services\n\n${services(paper, level)}`] : []),
  ...(paper.contracts.length > 0 ? [`${level.heading} Contracts\n\n${overview(paper, level)}`] : []),
  ...(level.heading === "##" ? paper.contracts.map((one) => detailOf(one, level)) : []),
];

const services = ({ services: all, contracts }: Paper, { items, text }: Level): string =>
  [
    diagram(all, contracts),
    table(
      ["Service", "Is", "Answers for", "Owns"],
      all
        .slice(0, items)
        .map(({ name, exists, responsibility, owns }) => [
          code(name, 60),
          exists ? "there" : "new",
          inline(responsibility, text),
          owns.map((one) => code(one, 100)).join(", "),
        ]),
    ),
  ].join("\n\n");

/** Names are ours by their schema, or cut down to letters. */
const diagram = (all: Paper["services"], contracts: Paper["contracts"]): string => {
  const ids = new Map(all.map(({ name }, at) => [name, `s${at}`]));
  const edges = contracts.flatMap(({ kind, name, provider, consumers }) =>
    consumers.flatMap((consumer) => {
      const [from, to] = [ids.get(consumer), ids.get(provider)];
      if (from === undefined || to === undefined) return [];
      const label = name.replace(/[^\w ./{}-]/g, "").slice(0, 60);
      return [kind === "event" ? `  ${to} -. "${label}" .-> ${from}` : `  ${from} -- "${label}" --> ${to}`];
    }),
  );
  return [
    "```mermaid",
    "flowchart LR",
    ...all.map(({ name }) => `  ${ids.get(name)}["${name}"]`),
    ...edges,
    "```",
  ].join("\n");
};

const overview = ({ contracts }: Paper, { items, text }: Level): string =>
  [
    table(
      ["Contract", "Is", "From", "To", "What both rely on"],
      contracts
        .slice(0, items)
        .map(({ kind, name, exists, provider, consumers, guarantees }) => [
          code(name, 200),
          `${kind}, ${exists ? "there" : "new"}`,
          code(provider, 60),
          consumers.map((one) => code(one, 60)).join(", "),
          inline(guarantees, Math.min(text, 400)),
        ]),
    ),
    ...(contracts.length > items ? [`… and ${contracts.length - items} more.`] : []),
  ].join("\n\n");

const detailOf = ({ name, request, response, errors, guarantees }: ServiceContract, { text }: Level): string => {
  const fields = (title: string, list: ServiceContract["request"]): readonly string[] =>
    list.length === 0
      ? []
      : [
          `${title}\n\n${table(
            ["Field", "Type", "Is"],
            list.map((one) => [code(one.name, 100), code(one.type, 100), one.required ? "required" : "optional"]),
          )}`,
        ];
  return [
    `### ${code(name, 200)}`,
    prose(guarantees, text),
    ...fields("Request", request),
    ...fields("Response", response),
    ...(errors.length === 0
      ? []
      : [
          `Errors\n\n${table(
            ["Code", "When"],
            errors.map((one) => [code(one.code, 100), inline(one.when, 600)]),
          )}`,
        ]),
  ].join("\n\n");
};
