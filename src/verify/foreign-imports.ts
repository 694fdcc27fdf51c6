/** The libraries whose use is another agent's work (the specification's DON'T list): the one list of them, and how to look one up. */

type Foreign = {
  /** Import names. One that ends in `*` stands for its whole family: `langchain*` for langchain and langchain_openai. */
  readonly modules: readonly string[];
  /** Names on the package index that do not follow from the import names. */
  readonly packages?: readonly string[];
  /** Hosts that are called where no library is used. */
  readonly hosts?: readonly string[];
  /** The agent whose work it is. */
  readonly owner: string;
};

const foreign: readonly Foreign[] = [
  {
    owner: "llm-integrator",
    modules: [
      ...["openai", "anthropic", "litellm", "google.generativeai", "google.genai", "vertexai", "cohere", "mistralai"],
      ...["groq", "ollama", "together", "replicate", "llama_cpp", "instructor", "langchain*", "llama_index*"],
      ...["transformers", "huggingface_hub", "semantic_kernel", "pydantic_ai", "dspy"],
    ],
    packages: ["google-cloud-aiplatform", "dspy-ai"],
    hosts: [
      ...["api.openai.com", "api.anthropic.com", "generativelanguage.googleapis.com", "api.mistral.ai"],
      ...["api.cohere.com", "api.cohere.ai", "api.groq.com", "openrouter.ai", "api.deepseek.com", "api.x.ai"],
    ],
  },
  {
    owner: "workflow-architect",
    modules: ["langgraph*", "crewai", "autogen*", "temporalio", "prefect", "airflow", "dagster"],
    packages: ["apache-airflow"],
  },
  {
    owner: "data-pipeline-engineer",
    modules: [
      ...["sentence_transformers", "fastembed", "FlagEmbedding", "InstructorEmbedding", "voyageai", "tiktoken"],
      ...["chromadb", "pinecone", "qdrant_client", "weaviate", "faiss", "pgvector"],
    ],
    hosts: ["api.voyageai.com"],
  },
];

/** Whose work the use of a module is; undefined where it is anybody's. */
export const ownerOfModule = (module: string): string | undefined =>
  foreign.find(({ modules }) => isModuleOf(module, modules))?.owner;

/** Is a module one of these, or a part of one? */
export const isModuleOf = (module: string, names: readonly string[]): boolean =>
  names.some((name) => isModule(module, name));

/** Is a distribution one that goes with one of these modules? */
export const isPackageOf = (distribution: string, modules: readonly string[]): boolean =>
  modules.some((module) => isPackage(distribution, module));

const isModule = (module: string, name: string): boolean => {
  const family = name.endsWith("*");
  const root = family ? name.slice(0, -1) : name;
  return module === root || module.startsWith(`${root}.`) || (family && module.startsWith(`${root}_`));
};

/** The same of a distribution that a requirement names, in any spelling of it. */
export const ownerOfPackage = (distribution: string): string | undefined =>
  foreign.find(({ modules, packages = [] }) => isPackageOf(distribution, [...modules, ...packages]))?.owner;

const isPackage = (distribution: string, module: string): boolean => {
  const name = spelled(distribution);
  const root = spelled(module.replace(/\*$/, ""));
  return name === root || (module.endsWith("*") && name.startsWith(`${root}-`));
};

/** https://packaging.python.org/en/latest/specifications/name-normalization/ */
const spelled = (name: string): string => name.toLowerCase().replace(/[-_.]+/g, "-");

/** The host of a foreign service that a line names, and whose work it is. */
export const foreignHostIn = (line: string): { readonly host: string; readonly owner: string } | undefined => {
  for (const { hosts = [], owner } of foreign) {
    const host = hosts.find((name) => line.toLowerCase().includes(name));
    if (host !== undefined) return { host, owner };
  }
  return undefined;
};
