/** Imports that an agent may not add, because they are another agent's work. Read from text: it holds where nothing can be parsed. */
import type { ChangesetRule, Parameters } from "../../domain/standards.ts";

/** Direct use of language models, workflows and embeddings belongs to other agents (the specification's DON'T list). */
const foreign: readonly { readonly modules: readonly string[]; readonly owner: string }[] = [
  {
    modules: [
      "openai",
      "anthropic",
      "litellm",
      "cohere",
      "mistralai",
      "ollama",
      "groq",
      "together",
      "replicate",
      "google.generativeai",
      "google.genai",
      "vertexai",
      "llama_cpp",
      "langchain",
      "langchain_core",
      "langchain_community",
      "langchain_openai",
      "langchain_anthropic",
      "llama_index",
      "instructor",
      "dspy",
      "pydantic_ai",
      "transformers",
      "huggingface_hub",
    ],
    owner: "llm-integrator",
  },
  { modules: ["langgraph", "crewai", "autogen"], owner: "workflow-architect" },
  {
    modules: [
      "sentence_transformers",
      "fastembed",
      "voyageai",
      "tiktoken",
      "chromadb",
      "pinecone",
      "qdrant_client",
      "weaviate",
      "faiss",
      "pgvector",
    ],
    owner: "data-pipeline-engineer",
  },
];

const isIn = (module: string, modules: readonly string[]): boolean =>
  modules.some((one) => module === one || module.startsWith(`${one}.`));

/** `from google import genai` names the module `google.genai`, too. */
const importsOf = (line: string): readonly string[] => {
  const from = /^\s*from\s+([\w.]+)\s+import\s+([\w\s,]*)/.exec(line);
  if (from?.[1]) {
    const names = (from[2] ?? "").split(",").map((name) => name.trim().split(/\s/)[0] ?? "");
    return [from[1], ...names.filter(Boolean).map((name) => `${from[1]}.${name}`)];
  }
  const plain = /^\s*import\s+([\w.\s,]+)/.exec(line)?.[1];
  if (plain) return plain.split(",").flatMap((one) => one.trim().split(/\s/)[0] || []);
  return /\b(?:import_module|__import__)\(\s*["']([\w.]+)["']/.exec(line)?.slice(1, 2) ?? [];
};

const migrations = /(^|\/)(alembic|migrations?|versions)\//;

export type AddedImport = { readonly rule: ChangesetRule; readonly line: number; readonly message: string };

/**
 * @param before the file's text at the commit that the run started from: what it imported already is no finding
 * @param rules a rule that is undefined is turned off
 */
export const checkAddedImports = (
  path: string,
  text: string,
  before: string,
  rules: { readonly [R in ChangesetRule]: Parameters[R] | undefined },
): readonly AddedImport[] => {
  const known = new Set(before.split("\n").flatMap(importsOf));
  return text.split("\n").flatMap((line, index): readonly AddedImport[] => {
    const added = importsOf(line).filter((module) => !known.has(module));
    const owned = added.flatMap((module) => {
      const owner = foreign.find(({ modules }) => isIn(module, modules))?.owner;
      return owner && !isIn(module, rules["forbidden-import"]?.allowed ?? []) ? [{ module, owner }] : [];
    })[0];
    const migrates = added.find((module) => isIn(module, ["alembic"]));
    return [
      ...(owned && rules["forbidden-import"] ? [forbidden(owned.module, owned.owner, index + 1)] : []),
      ...(migrates && rules["foreign-migration"] && !migrations.test(path) ? [migration(migrates, index + 1)] : []),
    ];
  });
};

const forbidden = (module: string, owner: string, line: number): AddedImport => ({
  rule: "forbidden-import",
  line,
  message: `imports ${module}: that is ${owner}'s work; take it out and list it under handoffs`,
});

const migration = (module: string, line: number): AddedImport => ({
  rule: "foreign-migration",
  line,
  message: `imports ${module}: migrations are database-engineer's work and lie in a folder of their own; take it out`,
});
