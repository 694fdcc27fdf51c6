import { defineConfig } from "vitest/config";
import { real, shared } from "./vitest.config.ts";

export default defineConfig({ test: { ...shared, include: real, maxWorkers: 1 } });
