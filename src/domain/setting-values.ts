/** Values as an operator writes them into the environment: numbers and amounts, with the sentence that says what is right. */
import { z } from "zod";

export const wholeNumber = (from: number, to: number) => {
  const wish = `must be a whole number from ${from} to ${to}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, wish)
    .transform(Number)
    .refine((number) => number >= from && number <= to, wish);
};

export const money = z
  .string()
  .regex(/^\d{1,6}(\.\d{1,4})?$/, "must be an amount in US dollars such as 5 or 2.50")
  .transform(Number)
  .refine((usd) => usd > 0, "must be more than 0: without money no turn can be paid");
