import { defineConfig } from 'vitest/config';

export default defineConfig({ test: { include: ['vitest/*.test.mjs'], maxWorkers: 1, testTimeout: 60_000 } });
