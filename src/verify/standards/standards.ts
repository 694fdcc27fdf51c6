/** The house standards, all of them: which rule weighs what, and a whole project held against them. */
import type { Facts, SchemaFact } from "../../domain/facts.ts";
import { type Breach, type Parameters, parametersOf, type StandardsConfig } from "../../domain/standards.ts";
import { applicationStandards, cacheStandards } from "./application.ts";
import { asynchronousStandards } from "./asynchronous.ts";
import { type Code, type CodeFile, codeOf, type Input, type Manifest, type ProjectFiles } from "./code.ts";
import { databaseStandards, sessionStandards } from "./database.ts";
import { layeringStandards } from "./layering.ts";
import { limitStandards } from "./limits.ts";
import { checkManifest, openapiStandards } from "./openapi.ts";
import { passwordStandards } from "./passwords.ts";
import { readFile } from "./read-file.ts";
import { routeStandards } from "./routes.ts";
import { schemaStandards } from "./schemas.ts";
import { corsStandards, secretStandards } from "./secrets.ts";
import type { CodeRule, Hit, Standards } from "./standard.ts";
import { tokenStandards } from "./tokens.ts";

export const standards: Standards<CodeRule> = {
  ...routeStandards,
  ...openapiStandards,
  ...schemaStandards,
  ...databaseStandards,
  ...sessionStandards,
  ...tokenStandards,
  ...passwordStandards,
  ...secretStandards,
  ...corsStandards,
  ...limitStandards,
  ...applicationStandards,
  ...cacheStandards,
  ...layeringStandards,
  ...asynchronousStandards,
};

const rules = Object.keys(standards) as readonly CodeRule[];

/** Every breach in the project, whoever wrote it: `onChangedLines` says which of them count. Tests are held to none of it. */
export const checkStandards = (
  project: ProjectFiles & { readonly facts: Facts },
  config: StandardsConfig,
): readonly Breach[] => {
  const code = codeOf(project.files, project.facts);
  const inputs = inputsOf(project.facts);
  const endpoints = Map.groupBy(project.facts.endpoints, ({ file }) => file);
  const models = Map.groupBy(project.facts.models, ({ file }) => file);
  const found = code.sources.flatMap((source) => {
    const file = readFile(source, inputs.get(source.path) ?? [], {
      endpoints: endpoints.get(source.path) ?? [],
      models: models.get(source.path) ?? [],
    });
    return rules.flatMap((rule) => breachesOf(rule, file, code, config));
  });
  return [...found, ...project.manifests.flatMap((manifest) => manifestBreaches(manifest, config))].sort(
    (one, other) => (one.path === other.path ? one.line - other.line : one.path < other.path ? -1 : 1),
  );
};

const breachesOf = <R extends CodeRule>(
  rule: R,
  file: CodeFile,
  code: Code,
  config: StandardsConfig,
): readonly Breach[] => {
  const parameters: Parameters[R] | undefined = parametersOf(rule, config);
  return parameters ? standards[rule].check(file, code, parameters).map((hit) => breachOf(rule, file.path, hit)) : [];
};

const manifestBreaches = (manifest: Manifest, config: StandardsConfig): readonly Breach[] => {
  const parameters = parametersOf("old-openapi", config);
  return parameters
    ? checkManifest(manifest, parameters).map((hit) => breachOf("old-openapi", manifest.path, hit))
    : [];
};

const breachOf = (rule: CodeRule, path: string, { message, spans }: Hit): Breach => ({
  rule,
  severity: standards[rule].severity,
  message,
  path,
  line: spans[0]?.from ?? 1,
  spans,
});

/** Those that a body is read into, and those that they are made of. */
const bodySchemas = ({ schemas }: Facts): ReadonlySet<SchemaFact> => {
  const named = Map.groupBy(schemas, ({ name }) => name);
  const found = new Set(schemas.filter(({ used_as }) => used_as.includes("body")));
  // A set gives what is added while it is gone through, too.
  for (const { fields, file } of found)
    for (const name of fields.flatMap(({ type }) => type?.match(/\b[A-Z]\w*/g) ?? [])) {
      const candidates = named.get(name) ?? [];
      const meant =
        candidates.find((one) => one.file === file) ?? (candidates.length === 1 ? candidates[0] : undefined);
      if (meant) found.add(meant);
    }
  return found;
};

/** By the file in which the field stands: a schema may inherit it from another one. */
const inputsOf = (facts: Facts): ReadonlyMap<string, readonly Input[]> => {
  const byFile = new Map<string, Map<string, Input>>();
  for (const schema of bodySchemas(facts))
    for (const field of schema.fields) {
      const here = byFile.get(field.file) ?? new Map<string, Input>();
      const key = `${field.line} ${field.name}`;
      const known = here.get(key);
      // Of those that inherit it the one that has it itself is named.
      if (!known || (schema.file === field.file && schema.line < field.line && schema.line > known.schema.line))
        here.set(key, { schema, field });
      byFile.set(field.file, here);
    }
  return new Map([...byFile].map(([path, found]) => [path, [...found.values()]]));
};
