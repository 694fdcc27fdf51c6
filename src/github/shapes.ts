/** Shapes that GitHub's answers and our calls share. */
import type { Person } from "../domain/repository.ts";

/** The repository, as every call names it. */
export type Place = { readonly owner: string; readonly repo: string };

type Account = { readonly login: string; readonly id: number; readonly type: string };

/** GitHub shows the account `ghost` for people who are gone. */
export const personOf = (account: Account | null | undefined): Person =>
  account ? { login: account.login, id: account.id, type: account.type } : { login: "ghost", id: 10137, type: "User" };

/** GitHub's limit of a comment, an issue's body and a pull request's body, in characters. */
const maxBodyLength = 65_536;

/** @throws when GitHub would refuse the text: whoever renders it keeps it short enough */
export const checkBody = (body: string, what: string): void => {
  if (body.length > maxBodyLength)
    throw new Error(`${what} has ${body.length} characters, and GitHub takes ${maxBodyLength}: render it shorter`);
};
