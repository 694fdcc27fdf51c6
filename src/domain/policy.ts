/** The rules before a call: which paths exist for an agent, and which of them it may write. */

/** Yes, or no with a sentence for the model that says what would be right. */
export type Verdict = { readonly allowed: true } | { readonly allowed: false; readonly reason: string };

/**
 * Where an agent may write. `allowed` and `forbidden` are repository folders without a trailing slash
 * (`backend/app/api`); `forbidden` wins. The kernel enforces the folders, the policy explains them.
 */
export type Boundary = { readonly allowed: readonly string[]; readonly forbidden: readonly string[] };
