-- What came of a load, as a line of JSON after the word SUMMARY, for load.py.

function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format(
    '\nSUMMARY {"requests": %d, "seconds": %.6f, "refused": %d, "broken": %d, "p50_us": %d, "p99_us": %d}\n',
    summary.requests, summary.duration / 1e6, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout, latency:percentile(50), latency:percentile(99)))
end
