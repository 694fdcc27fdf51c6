/** Who may ask for what, by the permission that GitHub tells. */
import type { Permission } from "../ports.ts";

export const mayWrite = (permission: Permission): boolean => ["write", "maintain", "admin"].includes(permission);
