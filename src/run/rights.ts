/** Who may ask for what, by the permission that GitHub tells. */
import type { Permission } from "../ports.ts";

export const mayWrite = (permission: Permission): boolean => ["write", "maintain", "admin"].includes(permission);

/** That code of a stranger is run on the App's machine is a matter of whoever answers for the repository. */
export const mayAllow = (permission: Permission): boolean => ["maintain", "admin"].includes(permission);
