module.exports = {
  testMatch: ['<rootDir>/jest/*.test.cjs'],
  maxWorkers: 1,
  testEnvironment: 'node',
  testTimeout: 60_000,
};
