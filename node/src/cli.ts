#!/usr/bin/env node
import { LeadscoreError } from './error.js';

try {
  const { native } = require('./native.js') as typeof import('./native.js');
  process.exitCode = native.runCommand(['leadscore', ...process.argv.slice(2)]);
} catch (error) {
  if (!(error instanceof LeadscoreError)) {
    throw error;
  }
  console.error(`error: ${error.message}`);
  process.exitCode = 2;
}
