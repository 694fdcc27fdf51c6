import { defineConfig } from "vitest/config";
import { full, shared } from "./vitest.config.ts";

export default defineConfig({ test: { ...shared, include: full } });
