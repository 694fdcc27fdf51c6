/** Findings in SARIF 2.1.0, which code hosts and editors read. Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/ */
import type { Finding } from "./finding.ts";

const levels = { error: "error", concern: "warning", note: "note" } as const;

/** Paths are relative to the repository's root. */
export const toSarif = (findings: readonly Finding[], version: string): unknown => ({
  $schema: "https://json.schemastore.org/sarif-2.1.0.json",
  version: "2.1.0",
  runs: [
    {
      tool: {
        driver: {
          name: "Backend Architect",
          version,
          rules: [...new Set(findings.map(({ rule }) => rule))].map((id) => ({
            id,
            shortDescription: { text: id.replaceAll("-", " ") },
          })),
        },
      },
      originalUriBaseIds: { ROOT: { description: { text: "The repository's root folder." } } },
      results: findings.map(({ rule, severity, message, path, line }) => ({
        ruleId: rule,
        level: levels[severity],
        message: { text: message },
        locations:
          path === undefined
            ? []
            : [
                {
                  physicalLocation: {
                    artifactLocation: { uri: encodeURI(path), uriBaseId: "ROOT" },
                    region: { startLine: line ?? 1 },
                  },
                },
              ],
      })),
    },
  ],
});
