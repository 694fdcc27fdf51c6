/** The pattern of every mapping in `.github/architect.yml`: it names what it does not know, and what there is instead. */
import { z } from "zod";
import { nearest } from "./distance.ts";

/** Letters by which a key may be misspelt. */
const near = (key: string): number => (key.length < 5 ? 1 : 2);

const didYouMean = (keys: readonly string[], known: readonly string[]): string => {
  const meant = keys.flatMap((key) => nearest(key.toLowerCase(), known, near(key)) ?? []);
  return meant.length > 0 ? `did you mean ${meant.map((key) => `\`${key}\``).join(", ")}? ` : "";
};

/** @param shape the keys that there are */
export const keys = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: (issue) => {
      const known = Object.keys(shape);
      const allowed = `allowed here: ${known.join(", ")}`;
      if (issue.code === "unrecognized_keys")
        return `unknown key ${issue.keys.map((key) => `\`${key}\``).join(", ")}; ${didYouMean(issue.keys, known)}${allowed}`;
      return issue.code === "invalid_type" ? `must be a mapping; ${allowed}` : undefined;
    },
  });

/** Of names that stand for something: the first that is none of those that there are, and the end of a sentence about them. */
export const strangerAmong = (
  names: readonly string[],
  known: readonly string[],
): { readonly name: string; readonly known: string } | undefined => {
  const name = names.find((one) => !known.includes(one));
  return name === undefined ? undefined : { name, known: `${didYouMean([name], known)}there are: ${known.join(", ")}` };
};
