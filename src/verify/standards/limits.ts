/** Rate limits: a shared storage, the default of the house, and none of the doors for guessing left open. */
import { children, type Node, textOf } from "../python/node.ts";
import { normaliseRate } from "../rates.ts";
import type { Code, CodeFile } from "./code.ts";
import { constantOf } from "./constant.ts";
import { once } from "./routes.ts";
import { type Hit, hitAt, type Standards } from "./standard.ts";

const door =
  /\/(login|log-in|signin|sign-in|register|signup|sign-up|token|access-token|refresh|refresh-token|forgot(-password)?|reset(-password)?|password-(reset|recovery)|otp|mfa|verify(-email)?|magic-link|login-code)(\/|$|[-_{])/i;

const limits = /SlowAPI|Rate_?Limit|Throttl/i;

const isLimiter = ({ name, keywords }: CodeFile["calls"][number]): boolean =>
  /^slowapi(\.\w+)*\.Limiter$/.test(name) || (/(^|\.)Limiter$/.test(name) && keywords.has("key_func"));

/** Where it runs somebody decides. */
const isSet = /environ|getenv|settings|config/i;

/** Undefined where they can't be known. */
const ratesOf = (node: Node, file: CodeFile, code: Code): readonly string[] | undefined => {
  const list = node.type === "list" ? children(node) : undefined;
  if (!list) return undefined;
  const values = list.map((one) => constantOf(one, file, code));
  return values.every((one) => typeof one === "string") ? values.map((one) => normaliseRate(one) ?? one) : undefined;
};

export const limitStandards: Standards<"unlimited-auth-route" | "limiter-in-memory" | "limiter-default"> = {
  "unlimited-auth-route": {
    severity: "error",
    check(file, code) {
      const everywhere = code.facts.middleware.some(({ name }) => limits.test(name));
      return once(file).flatMap(({ method, path, auth, rate_limit, dependencies, spans, line, handlerNode }): Hit[] => {
        const open =
          ["POST", "PUT", "PATCH"].includes(method) &&
          door.test(path) &&
          auth.every((one) => one === "none") &&
          rate_limit === null &&
          !everywhere &&
          !dependencies.some((name) => limits.test(name)) &&
          // A limiter that the handler itself asks.
          !(handlerNode && limits.test(textOf(handlerNode)));
        return open
          ? [
              {
                message: `${method} ${path} can be tried as often as one likes: limit it, as in @limiter.limit("5/minute")`,
                spans: spans.length > 0 ? spans : [{ file: file.path, from: line, to: line }],
              },
            ]
          : [];
      });
    },
  },
  "limiter-in-memory": {
    severity: "concern",
    check: (file, code) =>
      file.calls.filter(isLimiter).flatMap(({ node, keywords }) => {
        const storage = keywords.get("storage_uri");
        const value = storage && !isSet.test(textOf(storage)) ? constantOf(storage, file, code) : undefined;
        if (storage && !(typeof value === "string" && value.startsWith("memory"))) return [];
        return [
          hitAt(file, node, "counts in each process by itself: Limiter(storage_uri=…) names the Redis that all share"),
        ];
      }),
  },
  "limiter-default": {
    severity: "note",
    check: (file, code, { rate }) =>
      file.calls.filter(isLimiter).flatMap(({ node, keywords }) => {
        const given = keywords.get("default_limits") ?? keywords.get("application_limits");
        if (!given)
          return [hitAt(file, node, `leaves routes without a limit of their own open: default_limits=["${rate}"]`)];
        const rates = ratesOf(given, file, code);
        return rates && !rates.includes(rate)
          ? [hitAt(file, node, `limits to ${rates.join(", ") || textOf(given)} by default, not ${rate}`)]
          : [];
      }),
  },
};
